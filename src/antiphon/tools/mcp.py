"""Tools of MCP servers: what a server lists, and calling one of them.

The official SDK speaks the protocol; it comes with the extra `[mcp]` and is imported when first needed. Not here:
which tools may be called and what their results mean (`engine/mcp.py`), sessions (`mcp_session.py`).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import msgspec

from antiphon.engine.mcp import output_text
from antiphon.errors import InvalidRequest, McpFailed
from antiphon.tools.mcp_endpoint import Endpoint
from antiphon.tools.mcp_limits import McpLimits
from antiphon.transport import Transport
from antiphon.wire.mcp import ListedTool, McpCallError, McpHttpError, McpProtocolError, McpToolExecutionError

if TYPE_CHECKING:
    from mcp_types import CallToolResult, Tool

    from antiphon.tools.mcp_session import Sessions

_LISTS = 256
_INTERNAL_ERROR = -32603


@dataclass(frozen=True, slots=True)
class McpResult:
    """What a call came to: its output as text, or the error for the item."""

    output: str | None = None
    error: McpCallError | None = None


class McpClient:
    """Asks MCP servers. One object serves the whole process; `clock` gives seconds and only goes forward."""

    def __init__(self, transport: Transport, limits: McpLimits | None = None, *, clock: Callable[[], float]) -> None:
        self._limits = limits or McpLimits()
        self._transport = transport
        self._clock = clock
        self._sessions: Sessions | None = None
        self._lists = _Lists(clock, self._limits.list_lifetime)

    async def list_tools(self, endpoint: Endpoint, *, scope: str = "") -> list[ListedTool]:
        """The tools of the server, in its order, from memory where it was asked with the same credentials.

        What is asked in one `scope` (a run's id, say) shares a session, and with it the server's memory.
        Raises `McpFailed`; `CassetteMiss` in replay; `InvalidRequest` where the SDK isn't installed.
        """
        listed = self._lists.get(endpoint.digest)
        if listed is None:
            listed = _listed(endpoint, await (await self._open()).tools(endpoint, scope))
            self._lists.put(endpoint.digest, listed)
        return list(listed)

    async def call(self, endpoint: Endpoint, name: str, arguments: dict[str, Any], *, scope: str = "") -> McpResult:
        """Call the tool `name`. What the server does wrong is in the result, never raised.

        Raises `CassetteMiss` in replay; `InvalidRequest` where the SDK isn't installed.
        """
        sessions = await self._open()
        try:
            result = await sessions.call(endpoint, scope, name, arguments)
        except McpFailed as failed:
            return McpResult(error=call_error(failed))
        return self._result(endpoint, result)

    async def leave(self, scope: str) -> None:
        """Nobody will call in this scope any more: its sessions are closed."""
        if self._sessions is not None:
            await self._sessions.leave(scope)

    async def close(self) -> None:
        """Close all sessions. Calls that still wait end with an error."""
        if self._sessions is not None:
            await self._sessions.close()

    async def _open(self) -> "Sessions":
        if self._sessions is None:
            # To import the SDK takes a second, in which the answers of others go on.
            return self._kept(await asyncio.to_thread(_sdk_sessions, self._transport, self._limits))
        return self._sessions

    def _kept(self, made: "Sessions") -> "Sessions":
        """Those of whoever came first."""
        if self._sessions is None:
            self._sessions = made
        return self._sessions

    def _result(self, endpoint: Endpoint, result: "CallToolResult") -> McpResult:
        content = [block.model_dump(by_alias=True, mode="json", exclude_none=True) for block in result.content]
        text = endpoint.blanked(output_text(content, result.structured_content))
        if (size := len(text.encode(errors="replace"))) > self._limits.output_bytes:
            message = f"The result has {size} bytes of text; {self._limits.output_bytes} are taken. Ask for less."
            return McpResult(error=McpProtocolError(code=_INTERNAL_ERROR, message=message))
        if not result.is_error:
            return McpResult(output=text)
        if len(msgspec.json.encode(content)) > self._limits.output_bytes:
            # Its pictures are what is large, and an item isn't the place for them.
            content = [{"type": "text", "text": text}]
        return McpResult(error=McpToolExecutionError(content=endpoint.blanked(content)))


def call_error(failed: McpFailed) -> McpCallError:
    """The error of an `mcp_call` item."""
    if failed.kind == "http_error":
        return McpHttpError(code=failed.number, message=failed.message)
    return McpProtocolError(code=failed.number, message=failed.message)


def sdk_installed() -> bool:
    """Whether MCP tools can be served at all."""
    return find_spec("mcp") is not None


@dataclass(slots=True)
class _Lists:
    """What servers listed, for a time."""

    clock: Callable[[], float]
    lifetime: float
    kept: OrderedDict[bytes, tuple[float, list[ListedTool]]] = field(default_factory=OrderedDict)

    def get(self, key: bytes) -> list[ListedTool] | None:
        until, listed = self.kept.get(key, (0.0, None))
        return listed if self.clock() < until else None

    def put(self, key: bytes, listed: list[ListedTool]) -> None:
        self.kept[key] = (self.clock() + self.lifetime, listed)
        self.kept.move_to_end(key)
        if len(self.kept) > _LISTS:
            self.kept.popitem(last=False)


def _listed(endpoint: Endpoint, tools: "list[Tool]") -> list[ListedTool]:
    """As the API shows them. Of two tools with one name the first counts."""
    unique = {tool.name: tool for tool in reversed(tools)}
    return [
        ListedTool(
            name=tool.name,
            description=endpoint.blanked(tool.description),
            input_schema=endpoint.blanked(tool.input_schema),
            annotations=_annotations(tool),
        )
        for tool in tools
        if unique[tool.name] is tool
    ]


def _annotations(tool: "Tool") -> dict[str, bool]:
    """What its server says of it; that it may be called twice only where it may, since the API knows no word for it."""
    hints = tool.annotations
    said = {"read_only": bool(hints and hints.read_only_hint)}
    return {**said, "idempotent": True} if hints and hints.idempotent_hint else said


def _sdk_sessions(transport: Transport, limits: McpLimits) -> "Sessions":
    try:
        from antiphon.tools.mcp_session import Sessions  # noqa: PLC0415 - an optional extra, and 0.8 s to import
    except ModuleNotFoundError as error:
        raise InvalidRequest(
            "MCP tools need the package mcp, which this server lacks: pip install 'antiphon[mcp]'."
        ) from error
    return Sessions(transport, limits)
