"""The SDK's way out: every HTTP request that the MCP SDK makes goes through our `Transport`.

So recording, redaction and the guard of addresses hold for it as for everything else. The credentials are added
here, on the way out: the SDK, its logs and its errors never see them. Nothing is raised into the SDK for a request
that failed, because that would end the session for all of its calls; what went wrong is noted on the `Exchange`.

Not here: sessions (`mcp_session.py`). Counterparts: `antiphon.transport`, the SDK's `client/streamable_http.py`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from antiphon.errors import AntiphonError
from antiphon.tools.mcp_endpoint import Endpoint
from antiphon.tools.mcp_long_stream import MARK, SESSION_HEADER
from antiphon.transport import HttpAnswer, HttpRequest, Transport, coding_of

UPSTREAM = "mcp"
"""The name of all MCP servers in a cassette and in the transport's pool of connections."""

# What the SDK says about itself and the connection; ours, or the transport's, say it instead.
_NOT_SENT = frozenset({"accept-encoding", "connection", "content-length", "host", "user-agent"})
_NOT_TOLD = frozenset({"connection", "content-encoding", "content-length", "transfer-encoding"})
NOTICE_SECONDS = 5.0


class Wire(StrEnum):
    """The two ways MCP travels over HTTP: an answer to each POST, or one long stream beside them.

    The SDK is told the first in either case; `mcp_long_stream.py` makes the second look like it.
    """

    STREAMABLE = "streamable_http"
    SSE = "sse"


@dataclass(eq=False)
class Exchange:
    """What became of the last request of one call, as the SDK doesn't tell it.

    `status` is an error status, and `told` whether a JSON-RPC error came with it, which the SDK hands on; `fault` is
    what kept an answer from coming.
    """

    status: int | None = None
    told: bool = False
    fault: AntiphonError | None = None
    too_large: bool = False
    lost_session: bool = False

    def renew(self) -> None:
        """A request begins: how the one before it ended doesn't matter any more."""
        self.status, self.told, self.fault, self.lost_session = None, False, None, False

    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Note here what the requests made inside come to. Raises `TimeoutError` after `seconds`."""
        token = EXCHANGE.set(self)
        try:
            async with asyncio.timeout(seconds):
                yield
        finally:
            EXCHANGE.reset(token)


# The SDK sends each request in the context of the call that asked for it.
EXCHANGE: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


class TransportAdapter(httpx2.AsyncBaseTransport):
    """`httpx2` over our `Transport`, for one session with one server.

    An answer over `limit` bytes is cut off.
    """

    def __init__(self, transport: Transport, endpoint: Endpoint, wire: Wire, limit: int) -> None:
        self._transport = transport
        self._endpoint = endpoint
        self._wire = wire
        self._limit = limit

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """As `httpx2.AsyncBaseTransport` says, but a request that fails raises nothing."""
        exchange = EXCHANGE.get() or Exchange()
        if self._needless(request, exchange):
            return httpx2.Response(HTTPStatus.METHOD_NOT_ALLOWED)
        if _is_notice(request):
            return await self._notify(request)
        if request.method == "DELETE":
            # What a server says to a farewell isn't why its session ended.
            return await self._send(request, Exchange())
        exchange.renew()
        return await self._send(request, exchange)

    async def _send(self, request: httpx2.Request, exchange: Exchange) -> httpx2.Response:
        try:
            answer = await self._transport.send(await self._outgoing(request))
            return await self._response(request, answer, exchange)
        except AntiphonError as fault:
            exchange.fault = fault
            return httpx2.Response(HTTPStatus.BAD_GATEWAY)

    async def _notify(self, request: httpx2.Request) -> httpx2.Response:
        """Tell the server something that it doesn't answer. The SDK sends nothing else meanwhile, so not for long."""
        try:
            async with asyncio.timeout(NOTICE_SECONDS):
                await self._send(request, Exchange())
        except TimeoutError:
            pass
        return httpx2.Response(HTTPStatus.ACCEPTED)

    def _needless(self, request: httpx2.Request, exchange: Exchange) -> bool:
        """Whether this asks for a stream that nobody here would read.

        The standing one beside the calls is such a one, and the rest of an answer that was too large.
        """
        if request.method != "GET":
            return False
        return exchange.too_large or "last-event-id" not in request.headers

    async def _outgoing(self, request: httpx2.Request) -> HttpRequest:
        headers = {**self._endpoint.headers, "user-agent": "antiphon"}
        headers |= {name: value for name, value in request.headers.items() if name not in _NOT_SENT}
        url = str(request.url)
        known = urlsplit(self._endpoint.url)
        if known.query and not request.url.query and request.url.path.rstrip("/") == known.path.rstrip("/"):
            url = f"{url}?{known.query}"
        path = f"{known.path}?{MARK}" if self._wire is Wire.SSE else ""
        body, public = await request.aread(), self._endpoint.public
        return HttpRequest(request.method, url, UPSTREAM, headers, body, path=path, public=public)

    async def _response(self, request: httpx2.Request, answer: HttpAnswer, exchange: Exchange) -> httpx2.Response:
        headers = {name: value for name, value in answer.headers.items() if name not in _NOT_TOLD}
        encoded = bool(coding_of(answer.headers))
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        body = Body(answer, exchange, self._limit)
        streams = answer.status < HTTPStatus.BAD_REQUEST and kind == "text/event-stream" and not encoded
        if streams and not getattr(answer, "replayed", False):
            return httpx2.Response(answer.status, headers=headers, stream=body)
        try:
            content = await body.read()
        finally:
            await answer.close()
        if exchange.too_large or encoded:
            return httpx2.Response(HTTPStatus.BAD_GATEWAY)
        if answer.status >= HTTPStatus.BAD_REQUEST:
            self._note_status(request, answer.status, content, exchange)
        elif kind == "application/json":
            content = _answering(request, content)
        elif streams:
            content = _answering_stream(request, content)
        return httpx2.Response(answer.status, headers=headers, content=content)

    def _note_status(self, request: httpx2.Request, status: int, content: bytes, exchange: Exchange) -> None:
        exchange.status = status
        exchange.told = isinstance(_member(content, "error"), dict)
        exchange.lost_session = status == HTTPStatus.NOT_FOUND and SESSION_HEADER in request.headers


class Body(httpx2.AsyncByteStream):
    """The bytes of an answer up to a limit; a fault is noted, and ends them."""

    def __init__(self, answer: HttpAnswer, exchange: Exchange, limit: int) -> None:
        self._answer = answer
        self._exchange = exchange
        self._limit = limit
        self._held = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for data in self._answer.chunks():
                self._held += len(data)
                if self._held > self._limit:
                    self._exchange.too_large = True
                    return
                yield data
        except AntiphonError as fault:
            self._exchange.fault = fault

    async def read(self) -> bytes:
        """All of it. Raises `AntiphonError` where it broke off."""
        parts = [data async for data in self]
        if self._exchange.fault is not None:
            raise self._exchange.fault
        return b"".join(parts)

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._answer.close()


def _is_notice(request: httpx2.Request) -> bool:
    return request.method == "POST" and _member(request.content, "id") is None


def _answering(request: httpx2.Request, content: bytes) -> bytes:
    """An answer under the id of the request it answers: a recording may have been made under another."""
    asked, answer = _member(request.content, "id"), _object(content)
    if asked is None or answer is None or answer.get("id") in (asked, None) or "method" in answer:
        return content
    return msgspec.json.encode(answer | {"id": asked})


def _answering_stream(request: httpx2.Request, content: bytes) -> bytes:
    """The same for an answer that came as events, each with its message in one line."""
    prefix = b"data: "
    lines = [
        prefix + _answering(request, line.removeprefix(prefix)) if line.startswith(prefix) else line
        for line in content.splitlines()
    ]
    return b"\n".join(lines) + b"\n\n"


def _member(content: bytes, name: str) -> Any:  # noqa: ANN401 - JSON of any shape
    return (_object(content) or {}).get(name)


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
