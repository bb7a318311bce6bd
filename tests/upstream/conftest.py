"""A model server on loopback that answers with given bytes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
import uvloop

from antiphon.network import Network
from antiphon.transport import Timeouts
from antiphon.upstream.addresses import Upstream

SSE = {"content-type": "text/event-stream"}
# Among the writes of an answer: close the connection at once, or when the client has closed it.
CUT = b"CUT"
HANG = b"HANG"


@dataclass
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass
class Scripted:
    """Answers its requests in the order they come, then with the last answer for ever."""

    answers: list[list[bytes]]
    by_path: dict[str, list[bytes]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    opened: int = 0
    dropped: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def upstream(self) -> Upstream:
        return Upstream("up", self.url)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head, _, _ = (await reader.readuntil(b"\r\n\r\n")).decode().partition("\r\n\r\n")
                start, *lines = head.split("\r\n")
                method, path, _ = start.split(" ")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.asked.append(Asked(method, path, headers, body))
                for data in self.answer(path):
                    if data == HANG:
                        await reader.read()
                    if data in {HANG, CUT}:
                        raise ConnectionError
                    writer.write(data)
                    await writer.drain()
                    await asyncio.sleep(0)
        self.dropped.set()
        writer.close()

    def answer(self, path: str) -> list[bytes]:
        if path in self.by_path:
            return self.by_path[path]
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The server runs on uvloop, a program that embeds the client may not: their sockets fail in different ways."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


class Server:
    """What the `server` fixture hands to tests."""

    def __init__(self) -> None:
        self.exits = contextlib.AsyncExitStack()

    def head(self, status: int, headers: dict[str, str]) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {status} Reason\r\n{lines}".encode()

    def whole(self, status: int, body: object = b"", **headers: str) -> list[bytes]:
        """An answer with a length. A body that isn't bytes is sent as JSON; `retry_after` is `retry-after`."""
        sent = body if isinstance(body, bytes) else msgspec.json.encode(body)
        named = {"content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return [self.head(status, named | {"content-length": str(len(sent))}) + b"\r\n" + sent]

    def stream(self, *writes: bytes, end: Sequence[bytes] = (b"0\r\n\r\n",), **headers: str) -> list[bytes]:
        """A chunked event stream, one chunk per write."""
        head = self.head(200, SSE | {name.replace("_", "-"): value for name, value in headers.items()})
        chunks = [b"%x\r\n%b\r\n" % (len(data), data) for data in writes]
        return [head + b"transfer-encoding: chunked\r\n\r\n", *chunks, *end]

    async def start(self, *answers: list[bytes], by_path: dict[str, list[bytes]] | None = None) -> Scripted:
        scripted = Scripted(list(answers), by_path or {})
        server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
        await self.exits.enter_async_context(server)
        scripted.port = server.sockets[0].getsockname()[1]
        return scripted


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    """The real transport, impatient."""
    transport = Network(Timeouts(connect=5, first_byte=5, idle=1))
    yield transport
    await transport.close()


@pytest.fixture
async def server(network: Network) -> AsyncIterator[Server]:
    """Starts servers. Its connections end when the transport closes, so it comes before it."""
    servers = Server()
    yield servers
    await network.close()
    await servers.exits.aclose()
