"""Sessions with MCP servers, by the official SDK: opened when needed, shared by parallel calls, closed after idling.

Needs the extra `[mcp]`. Not here: bytes and credentials (`mcp_http.py`), what a result means (`mcp.py`).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import httpx2
from mcp import Client, MCPError
from mcp.client.session import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp_types import (
    CONNECTION_CLOSED,
    HEADER_MISMATCH,
    INTERNAL_ERROR,
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    Implementation,
    InputRequiredResult,
    PaginatedRequestParams,
    Tool,
)
from pydantic import TypeAdapter

from antiphon import __version__
from antiphon.errors import AntiphonError, McpFailed
from antiphon.tools.mcp_endpoint import Endpoint
from antiphon.tools.mcp_faults import SDK_FAULTS, was_closed, why
from antiphon.tools.mcp_http import Exchange, TransportAdapter, Wire
from antiphon.tools.mcp_limits import McpLimits
from antiphon.transport import Transport

_RESULT: TypeAdapter[CallToolResult | InputRequiredResult] = TypeAdapter(CallToolResult | InputRequiredResult)
# A server that says this to a POST may be one of the old way. These others it would say of either.
_OLD_WAY = frozenset(range(400, 500)) - {401, 403, 407, 408, 429}

# It logs whole messages and tracebacks, in which a server may repeat a credential; what matters comes as an error.
logging.getLogger("mcp.client").setLevel(logging.CRITICAL)

T = TypeVar("T")
Ask = Callable[[ClientSession], Awaitable[T]]
Key = tuple[bytes, str]


class LiveSession:
    """One session, alive in a task of its own: the SDK must leave its scopes in the task that entered them."""

    def __init__(self, endpoint: Endpoint, transport: Transport, limits: McpLimits) -> None:
        self.users = 0
        self.idle: asyncio.TimerHandle | None = None
        self._endpoint = endpoint
        self._transport = transport
        self._limits = limits
        self._end = asyncio.Event()
        self._opened: asyncio.Future[ClientSession] = asyncio.get_running_loop().create_future()
        self._fault: AntiphonError | None = None
        self._stream = Exchange()
        self.task = asyncio.create_task(self._live())

    @property
    def over(self) -> bool:
        """Whether it can't be used any more."""
        return self._end.is_set() or self.task.done()

    def end(self) -> None:
        """Say goodbye to the server and go; what still waits for an answer fails."""
        self._end.set()

    async def opened(self) -> ClientSession:
        """The SDK's session, as soon as both sides agree on a revision. Raises `AntiphonError`."""
        both: tuple[asyncio.Future[Any], ...] = (self.task, self._opened)
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if self._opened.done():
            return self._opened.result()
        if not self.task.cancelled():
            self.task.result()
        raise self._fault or McpFailed("The session was closed.", kind="mcp_protocol_error", number=CONNECTION_CLOSED)

    def blamed(self, exchange: Exchange) -> Exchange:
        """Where a call's connection closed: the call's own exchange, or that of the stream which all calls share."""
        return self._stream if self._stream.too_large or self._stream.fault else exchange

    async def _live(self) -> None:
        for wire in Wire:
            exchange = self._stream = Exchange()
            try:
                await self._serve(wire, exchange)
            except* SDK_FAULTS as group:
                fault = why(self._endpoint, exchange, _leaf(group), self._limits.open_seconds)
                # Where neither way is known, what the server says to the new one tells more.
                if self._fault is None or exchange.status not in _OLD_WAY:
                    self._fault = fault
            if self._opened.done() or exchange.told or exchange.status not in _OLD_WAY:
                return

    async def _serve(self, wire: Wire, exchange: Exchange) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(None) as whole, AsyncExitStack() as stack:
            async with exchange.within(self._limits.open_seconds):
                client = await stack.enter_async_context(self._client(wire))
            self._opened.set_result(client.session)
            await self._end.wait()
            whole.reschedule(loop.time() + self._limits.close_seconds)

    @asynccontextmanager
    async def _client(self, wire: Wire) -> AsyncIterator[Client]:
        who = Implementation(name="antiphon", version=__version__)
        limit = self._limits.answer_bytes
        async with self._http(wire) as http:
            streams = streamable_http_client(self._endpoint.shown, http_client=http, max_sse_event_size=limit)
            mode = "auto" if wire is Wire.STREAMABLE else "legacy"
            async with Client(streams, client_info=who, cache=None, mode=mode) as client:
                yield client

    def _http(self, wire: Wire) -> httpx2.AsyncClient:
        adapter = TransportAdapter(self._transport, self._endpoint, wire, self._limits.answer_bytes)
        # Time is kept by the limits, and the environment's proxies are the transport's business.
        return httpx2.AsyncClient(transport=adapter, timeout=None, trust_env=False)


class Sessions:
    """The open sessions, one for each server, credentials and scope. A scope is what may share a server's memory."""

    def __init__(self, transport: Transport, limits: McpLimits) -> None:
        self._transport = transport
        self._limits = limits
        self._open: dict[Key, LiveSession] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    async def tools(self, endpoint: Endpoint, scope: str) -> list[Tool]:
        """All that a server lists, page after page. Raises `McpFailed`, or what the transport raises."""
        return await self._ask(endpoint, scope, self._limits.list_seconds, self._pages)

    async def call(self, endpoint: Endpoint, scope: str, name: str, arguments: dict[str, Any]) -> CallToolResult:
        """The result of a tool. Raises `McpFailed`, or what the transport raises."""

        async def ask(session: ClientSession) -> CallToolResult:
            # The SDK's own `call_tool` checks the result with jsonschema, against a schema that the server chose: its
            # regular expressions could stop this process for good.
            request = CallToolRequest(params=CallToolRequestParams(name=name, arguments=arguments))
            try:
                result = await session.send_request(request, _RESULT)
            except MCPError as error:
                if error.code != HEADER_MISMATCH:
                    raise
                # Some arguments travel as headers; which, the session learns from the list.
                await self._pages(session)
                result = await session.send_request(request, _RESULT)
            if isinstance(result, InputRequiredResult):
                raise MCPError(
                    INTERNAL_ERROR, "The tool asks for more input while it runs, and there is nobody to give it."
                )
            return result

        return await self._ask(endpoint, scope, self._limits.call_seconds, ask)

    async def leave(self, scope: str) -> None:
        """Close the sessions of a scope as soon as nobody uses them, without waiting for it."""
        for key, live in list(self._open.items()):
            if key[1] == scope:
                self._retire(key, live)

    async def close(self) -> None:
        """Close all sessions, used or not, and wait until they are."""
        for key, live in list(self._open.items()):
            self._retire(key, live)
            live.end()
        if self._leaving:
            await asyncio.wait(self._leaving)

    async def _pages(self, session: ClientSession) -> list[Tool]:
        found: list[Tool] = []
        cursor: str | None = None
        for _ in range(self._limits.pages):
            page = await session.list_tools(params=PaginatedRequestParams(cursor=cursor) if cursor else None)
            found += page.tools
            cursor = page.next_cursor
            if not cursor:
                return found
            if len(found) > self._limits.tools:
                break
        raise MCPError(INTERNAL_ERROR, f"Its list of tools has no end: after {len(found)} of them there is more.")

    async def _ask(self, endpoint: Endpoint, scope: str, seconds: float, ask: Ask[T]) -> T:
        """Ask on a session, and once more on a new one where the server has forgotten the old."""
        for last in (False, True):
            exchange = Exchange()
            async with self._lease((endpoint.digest, scope), endpoint) as live:
                session = await live.opened()
                try:
                    async with exchange.within(seconds):
                        return await ask(session)
                except SDK_FAULTS as error:
                    closed = was_closed(error)
                    fault = why(endpoint, live.blamed(exchange) if closed else exchange, error, seconds)
                    lost = exchange.lost_session
                    if lost or closed:
                        self._retire((endpoint.digest, scope), live)
            if last or not lost:
                raise fault
        raise AssertionError

    @asynccontextmanager
    async def _lease(self, key: Key, endpoint: Endpoint) -> AsyncIterator[LiveSession]:
        live = self._open.get(key)
        if live is None or live.over:
            self._make_room()
            live = self._open[key] = LiveSession(endpoint, self._transport, self._limits)
            self._leaving.add(live.task)
            live.task.add_done_callback(self._leaving.discard)
        live.users += 1
        if live.idle is not None:
            live.idle.cancel()
        try:
            yield live
        finally:
            live.users -= 1
            if live.users == 0:
                self._rest(key, live)

    def _rest(self, key: Key, live: LiveSession) -> None:
        """Nobody uses it now."""
        if self._open.get(key) is live and not live.over:
            loop = asyncio.get_running_loop()
            live.idle = loop.call_later(self._limits.idle_seconds, self._retire, key, live)
        else:
            self._retire(key, live)

    def _retire(self, key: Key, live: LiveSession) -> None:
        """Lease it to nobody any more, and end it when the last user is done."""
        if self._open.get(key) is live:
            del self._open[key]
        if live.idle is not None:
            live.idle.cancel()
        if live.users == 0:
            live.end()

    def _make_room(self) -> None:
        unused = (item for item in self._open.items() if item[1].users == 0)
        if len(self._open) >= self._limits.sessions and (oldest := next(unused, None)):
            self._retire(*oldest)


def _leaf(error: BaseException) -> Exception:
    """The first error in a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, Exception) else RuntimeError(type(error).__name__)
