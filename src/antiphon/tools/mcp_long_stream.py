"""MCP's older way over HTTP, one long stream beside the POSTs, told as the newer: an answer to each POST.

It stands between the network and the cassette, so that a recording holds requests with their answers, and nothing of a
session: no id of it, no address that the server made up for it, and no stream that ends when it likes. In replay nobody
is asked, so this isn't needed. Not here: the SDK and its sessions (`mcp_session.py`). Source: MCP 2024-11-05, "HTTP
with SSE". Counterpart: `mcp_http.py`, which marks the requests that are for it.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
from msgspec.structs import replace

from antiphon.errors import AntiphonError, UpstreamCut, UpstreamGarbage
from antiphon.transport import HttpAnswer, HttpRequest, Transport
from antiphon.upstream.sse import Decoder

MARK = "mcp-wire=sse"
"""The query of the path under which a cassette compares such a request; it is part of no address."""

SESSION_HEADER = "mcp-session-id"
JSON = {"content-type": "application/json"}
EVENTS = "text/event-stream"
EVENT_BYTES = 8 * 1024 * 1024
_METHOD_NOT_FOUND = -32601


@dataclass(frozen=True, slots=True)
class Told:
    """An answer that is there as a whole."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body, if there is one."""
        if self.body:
            yield self.body

    async def close(self) -> None:
        """Nothing is open."""


class LongStreams:
    """A `Transport` over another: requests that bear the mark go by a long stream, all others go through."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._sessions: dict[str, Session] = {}
        self._numbers = itertools.count(1)

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """As `Transport.send`."""
        if not request.path.endswith(MARK):
            return await self._inner.send(request)
        number = request.headers.get(SESSION_HEADER, "")
        if request.method == "DELETE":
            session = self._sessions.pop(number, None)
            if session is not None:
                await session.close()
            return Told(HTTPStatus.OK)
        message = object_in(request.body)
        if message.get("method") == "initialize":
            return await self._open(request, message)
        session = self._sessions.get(number)
        if session is None or session.over:
            self._sessions.pop(number, None)
            return Told(HTTPStatus.NOT_FOUND)
        return await session.ask(request, message)

    async def close(self) -> None:
        """End all sessions, then close the other."""
        for session in list(self._sessions.values()):
            await session.close()
        self._sessions.clear()
        await self._inner.close()

    async def _open(self, request: HttpRequest, message: Mapping[str, Any]) -> HttpAnswer:
        headers = {**_plain(request.headers), "accept": EVENTS, "cache-control": "no-store"}
        headers.pop("content-type", None)
        stream = await self._inner.send(replace(request, method="GET", headers=headers, body=b"", path=""))
        kind = stream.headers.get("content-type", "").partition(";")[0].strip().lower()
        if stream.status >= HTTPStatus.BAD_REQUEST or kind != EVENTS:
            return stream
        session = Session(self._inner, stream, request.url)
        try:
            answer = await session.ask(request, message)
        except BaseException:
            await session.close()
            raise
        number = str(next(self._numbers))
        living = {key: other for key, other in self._sessions.items() if not other.over}
        self._sessions = {**living, number: session}
        return Told(answer.status, {**answer.headers, SESSION_HEADER: number}, await body_of(answer))


class Session:
    """One long stream, read in a task of its own, and the requests that wait for what comes on it."""

    def __init__(self, inner: Transport, stream: HttpAnswer, url: str) -> None:
        self._inner = inner
        self._stream = stream
        self._url = url
        self._waiting: dict[Any, asyncio.Future[bytes]] = {}
        self._endpoint: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._template: HttpRequest | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._reading = asyncio.create_task(self._read())

    @property
    def over(self) -> bool:
        """Whether the stream has ended."""
        return self._reading.done()

    async def ask(self, request: HttpRequest, message: Mapping[str, Any]) -> HttpAnswer:
        """Hand a message in; the answer to a request is the message that comes on the stream.

        Raises `UpstreamFault` for a stream that broke off.
        """
        self._template = request
        endpoint = await asyncio.shield(self._endpoint)
        key = message.get("id") if "method" in message else None
        if key is None:
            return await self._post(endpoint, request)
        answer = self._waiting[key] = asyncio.get_running_loop().create_future()
        try:
            posted = await self._post(endpoint, request)
            if posted.status >= HTTPStatus.BAD_REQUEST:
                return posted
            await posted.close()
            return Told(HTTPStatus.OK, JSON, await answer)
        finally:
            self._waiting.pop(key, None)
            if answer.done() and not answer.cancelled():
                # Nobody may have waited for it.
                answer.exception()

    async def close(self) -> None:
        """Read no more."""
        for task in (self._reading, *self._answering):
            task.cancel()
        await asyncio.wait({self._reading, *self._answering})

    async def _post(self, endpoint: str, request: HttpRequest) -> HttpAnswer:
        return await self._inner.send(replace(request, url=endpoint, headers=_plain(request.headers), path=""))

    async def _read(self) -> None:
        fault: AntiphonError = UpstreamCut("The MCP server ended its stream.")
        try:
            decoder = Decoder(EVENT_BYTES)
            async for data in self._stream.chunks():
                for event in decoder.feed(data):
                    self._take(event)
        except AntiphonError as error:
            fault = error
        finally:
            waiting: list[asyncio.Future[Any]] = [self._endpoint, *self._waiting.values()]
            for future in waiting:
                if not future.done():
                    future.set_exception(fault)
            if not self._endpoint.cancelled():
                self._endpoint.exception()
            with suppress(AntiphonError):
                await self._stream.close()

    def _take(self, event: bytes) -> None:
        """The first event is the address for messages, each other is a message."""
        if not self._endpoint.done():
            self._endpoint.set_result(self._address(event.decode(errors="replace").strip()))
            return
        message = object_in(event)
        if "method" in message and message.get("id") is not None:
            task = asyncio.create_task(self._reply(message))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
            return
        waiting = self._waiting.get(message.get("id"))
        if waiting is not None and not waiting.done():
            waiting.set_result(event)

    def _address(self, said: str) -> str:
        """Raises `UpstreamGarbage` for an address on another host: credentials are for the one that was named."""
        address = urljoin(self._url, said)
        mine, theirs = urlsplit(self._url), urlsplit(address)
        if (mine.scheme, mine.netloc) != (theirs.scheme, theirs.netloc):
            raise UpstreamGarbage("The MCP server wants its messages sent to another host.")
        return address

    async def _reply(self, asked: Mapping[str, Any]) -> None:
        """A server may ask back: whether we are there, and for what there is nothing of here."""
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": asked["id"]}
        if asked["method"] == "ping":
            reply["result"] = {}
        else:
            reply["error"] = {"code": _METHOD_NOT_FOUND, "message": "There is nothing of this here."}
        if self._template is not None:
            with suppress(AntiphonError):
                endpoint = self._endpoint.result()
                answer = await self._post(endpoint, replace(self._template, body=msgspec.json.encode(reply)))
                await answer.close()


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != SESSION_HEADER}


async def body_of(answer: HttpAnswer) -> bytes:
    """All of an answer, which is closed then."""
    try:
        return b"".join([data async for data in answer.chunks()])
    finally:
        await answer.close()


def object_in(data: bytes) -> dict[str, Any]:
    """A JSON object; nothing for anything else."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
