"""The tools that this server runs for a run: carries out `ListTools` and `CallTool`.

A fault of a tool is its outcome, never raised; a tape that lacks the call, though, fails the run. Not here: the
protocol (`mcp.py`), what follows (`engine/run.py`). Counterpart: `runner/foreground.py`, which hands the replies over.
"""

import asyncio

import msgspec

from antiphon.engine.commands import CallTool, ListTools
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.kinds.mcp import tool_error
from antiphon.engine.replies import ToolDone, ToolsListed
from antiphon.errors import AntiphonError, CassetteFault, StoreFault
from antiphon.tools.addresses import allowed_address
from antiphon.tools.mcp import McpClient

AT_ONCE = 16
"""Calls of one run that are under way at the same time."""


class ServerTools:
    """One run's tools; `scope` names the run, whose calls share a server's session."""

    def __init__(self, mcp: McpClient, scope: str, *, allow_private: bool) -> None:
        self._mcp = mcp
        self._scope = scope
        self._allow_private = allow_private
        self._places = asyncio.Semaphore(AT_ONCE)

    async def list(self, command: ListTools) -> ToolsListed:
        """What the server offers, or why that isn't known."""
        server = command.server
        try:
            listed = await self._mcp.list_tools(server, self._url(server.server_url), scope=self._scope)
        except (CassetteFault, StoreFault):
            raise
        except AntiphonError as error:
            return ToolsListed(server.server_label, error=error.message)
        return ToolsListed(server.server_label, listed)

    async def call(self, command: CallTool) -> ToolDone:
        """The tool's outcome."""
        async with self._places:
            return ToolDone(command.item_id, await self._outcome(command))

    async def close(self) -> None:
        """Nothing more is called in this run."""
        await self._mcp.leave(self._scope)

    async def _outcome(self, command: CallTool) -> Outcome:
        try:
            arguments = msgspec.json.decode(command.arguments.strip() or "{}", type=dict)
        except msgspec.MsgspecError:
            return Outcome(error=tool_error("The arguments aren't a JSON object."))
        try:
            url = self._url(command.server.server_url)
            result = await self._mcp.call(command.server, url, command.name, arguments, scope=self._scope)
        except (CassetteFault, StoreFault):
            raise
        except AntiphonError as error:
            return Outcome(error=tool_error(error.message))
        fault = msgspec.to_builtins(result.error) if result.error is not None else None
        return Outcome(output=result.output, error=fault)

    def _url(self, url: str | None) -> str:
        if url is None or not allowed_address(url, allow_private=self._allow_private):
            raise AntiphonError(
                "This server may not call private addresses. Its operator can allow it with --allow-private-urls."
            )
        return url
