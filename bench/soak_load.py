"""What clients ask of a server that is soaked: everything that leaves something behind if it isn't let go of.

Streams and whole answers, conversations, runs in the background that are polled, followed, cancelled or left alone,
streams that are left in their middle, tools, WebSockets. Not here: how often, and what it did to the server
(`soak.py`). Counterpart: `soak_mock.py`, the model behind it.
"""

import asyncio
import math
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec
import websockets

Json = dict[str, Any]

MODEL = "mock/mock"
TEXT = "Tell me a story of a hundred words, and leave out the end."
PATIENCE = 60.0
TURNS = 4
"""Turns of a conversation, or links of a chain."""
HEAD = b"%s /v1%s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
LENGTH = re.compile(rb"content-length: (\d+)")
EVENT = re.compile(rb"^event: ([\w.]+)\r?$", re.MULTILINE)
LEFT = 3_000
"""Bytes of a stream after which a client goes."""
ENDS = ("response.completed", "response.incomplete", "response.failed")
SWEPT = (b"Response with id '", b"were kept for a time only")
"""How the server says that a response isn't there, or its events aren't."""


class Wrong(Exception):
    """What came isn't what was asked for."""


class Gone(Wrong):
    """A response isn't there. Nothing is wrong with that once it is older than the server keeps them."""


@dataclass(frozen=True)
class Answer:
    """What came back: for a stream the name of its last event."""

    status: int
    body: bytes
    last: str = ""

    @property
    def json(self) -> Json:
        """The body of what isn't a stream. Raises `ValueError`."""
        return dict(msgspec.json.decode(self.body))


@dataclass
class Client:
    """Asks one server; counts what it got. Each request has a connection of its own."""

    port: int
    mcp: str
    keep: float = math.inf
    """Seconds for which the server keeps what is made: what takes longer, on a busy machine, may lose it on the way."""
    answers: Counter[str] = field(default_factory=Counter)
    swept: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    async def one(self, kind: str) -> None:
        """Something of one kind, from beginning to end. What went wrong is noted."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                await KINDS[kind](self)
        except (OSError, EOFError, websockets.WebSocketException, Wrong, KeyError, ValueError, IndexError) as error:
            if isinstance(error, Gone) and time.monotonic() - began > self.keep:
                self.swept[kind] += 1
            else:
                self.faults.append(f"{kind}: {type(error).__name__} {error}")
        else:
            self.answers[kind] += 1

    async def send(self, method: str, path: str, body: Json | None = None, leave_after: int | None = None) -> Answer:
        """A request and its answer; of a stream only so many bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            said = b"" if body is None else msgspec.json.encode(body)
            writer.write(HEAD % (method.encode(), path.encode(), self.port, len(said)) + said)
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ", 2)[1])
            if b"text/event-stream" in head:
                return Answer(status, b"", await _last_event(reader, leave_after))
            return Answer(status, await reader.readexactly(int(LENGTH.findall(head)[0])))
        finally:
            writer.close()

    async def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """A request and its JSON."""
        answer = await self.send(method, path, body)
        if answer.status != HTTPStatus.OK:
            raise _wrong(f"{method} {path} was answered", answer)
        return answer.json

    async def made(self, **more: object) -> Json:
        """A response, in whatever state it comes."""
        return await self.ask("POST", "/responses", {"model": MODEL, "input": TEXT, **more})

    async def streamed(self, method: str, path: str, body: Json | None = None) -> None:
        """Read a stream to its end."""
        answer = await self.send(method, path, body)
        if answer.last != "response.completed":
            raise _wrong(f"{method} {path} ended with {answer.last!r}:", answer)

    async def ended(self, run_id: str, status: str = "completed") -> None:
        """Look at a run until it is over."""
        found = await self.ask("GET", f"/responses/{run_id}")
        while found["status"] in {"queued", "in_progress"}:
            await asyncio.sleep(0.2)
            found = await self.ask("GET", f"/responses/{run_id}")
        if found["status"] != status:
            raise Wrong(f"run {run_id} is {found['status']}: {found.get('error')}")


def _wrong(what: str, answer: Answer) -> Wrong:
    """What came instead of what was asked for."""
    kind = Gone if any(words in answer.body for words in SWEPT) else Wrong
    return kind(f"{what} {answer.status} {answer.body[:300]!r}")


async def _last_event(reader: asyncio.StreamReader, leave_after: int | None) -> str:
    """Read to the end, or so many bytes; the name of the last event."""
    size, tail, last = 0, b"", ""
    while data := await reader.read(1 << 16):
        size, tail = size + len(data), tail[-64:] + data
        if found := EVENT.findall(tail):
            last = found[-1].decode()
        if last in ENDS or (leave_after is not None and size > leave_after):
            break
    return last


def asked(**more: object) -> Json:
    """A request for a stream."""
    return {"model": MODEL, "input": TEXT, "stream": True, **more}


async def stream(client: Client) -> None:
    """A stream that is read to its end."""
    await client.streamed("POST", "/responses", asked())


async def whole(client: Client) -> None:
    """An answer in one piece."""
    await client.made()


async def unstored(client: Client) -> None:
    """A stream of which nothing is kept."""
    await client.streamed("POST", "/responses", asked(store=False))


async def left(client: Client) -> None:
    """A stream whose client goes in its middle."""
    await client.send("POST", "/responses", asked(), leave_after=LEFT)


async def conversation(client: Client) -> None:
    """A conversation of some turns, deleted at its end."""
    made = await client.ask("POST", "/conversations", {"metadata": {"kind": "soak"}})
    for _ in range(TURNS):
        await client.streamed("POST", "/responses", asked(conversation=made["id"]))
    await client.ask("DELETE", f"/conversations/{made['id']}")


async def chain(client: Client) -> None:
    """Responses that each follow the one before."""
    before: Json = {}
    for _ in range(TURNS):
        made = await client.made(**before)
        before = {"previous_response_id": made["id"]}


async def polled(client: Client) -> None:
    """A run in the background that is looked at until it is over."""
    made = await client.made(background=True)
    await client.ended(made["id"])


async def unwatched(client: Client) -> None:
    """A run in the background that nobody asks for."""
    await client.made(background=True)


async def followed(client: Client) -> None:
    """A run in the background, followed from its first event."""
    made = await client.made(background=True)
    await client.streamed("GET", f"/responses/{made['id']}?stream=true")


async def resumed(client: Client) -> None:
    """A run that is followed, left, and followed again from an event that was seen."""
    made = await client.made(background=True)
    await client.send("GET", f"/responses/{made['id']}?stream=true", leave_after=LEFT)
    await client.streamed("GET", f"/responses/{made['id']}?stream=true&starting_after=3")


async def cancelled(client: Client) -> None:
    """A run that is cancelled."""
    made = await client.made(background=True)
    await asyncio.sleep(0.1)
    answer = await client.send("POST", f"/responses/{made['id']}/cancel")
    # Where the machine is busy it may have ended already.
    await client.ended(made["id"], "completed" if answer.status == HTTPStatus.CONFLICT else "cancelled")


async def tools(client: Client) -> None:
    """A tool of an MCP server, called once."""
    server = {"type": "mcp", "server_label": "soak", "server_url": client.mcp, "require_approval": "never"}
    made = await client.made(tools=[server])
    if [item["type"] for item in made["output"]][-2:] != ["mcp_call", "message"]:
        raise Wrong(f"no tool was called: {made['output']}")


async def socket(client: Client) -> None:
    """Two responses over one WebSocket."""
    address = f"ws://127.0.0.1:{client.port}/v1/responses"
    async with websockets.connect(address, open_timeout=PATIENCE) as connection:
        for _ in range(2):
            await connection.send(
                msgspec.json.encode({"type": "response.create", "model": MODEL, "input": TEXT}).decode()
            )
            kind = ""
            while kind not in ENDS:
                kind = msgspec.json.decode(await connection.recv())["type"]
            if kind != "response.completed":
                raise Wrong(f"a response over a socket ended with {kind}")


async def missing(client: Client) -> None:
    """A request that is refused."""
    answer = await client.send("POST", "/responses", asked(previous_response_id="resp_none"))
    if answer.status not in {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}:
        raise Wrong(f"a response that isn't there was answered {answer.status}")


KINDS: Mapping[str, Callable[[Client], Awaitable[None]]] = {
    "stream": stream,
    "whole": whole,
    "unstored": unstored,
    "left": left,
    "conversation": conversation,
    "chain": chain,
    "polled": polled,
    "unwatched": unwatched,
    "followed": followed,
    "resumed": resumed,
    "cancelled": cancelled,
    "tools": tools,
    "socket": socket,
    "missing": missing,
}
MIX = (
    *("stream", "whole", "followed", "stream", "polled", "conversation", "stream", "unstored", "whole", "resumed"),
    *("stream", "left", "followed", "tools", "stream", "unwatched", "whole", "cancelled", "stream", "socket"),
    *("stream", "chain", "followed", "whole", "stream", "polled", "stream", "missing"),
)
"""What is begun, in turn."""
MADE = {"conversation": TURNS, "chain": TURNS, "socket": 2, "missing": 0}
"""Responses that a kind makes, where it isn't one."""


def responses(kinds: Counter[str]) -> int:
    """Responses that were made for so many of each kind."""
    return sum(count * MADE.get(kind, 1) for kind, count in kinds.items())
