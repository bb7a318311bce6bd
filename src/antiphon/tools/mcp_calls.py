"""Tools of MCP servers as one of this server's own: carries out their calls, and asks what they have.

Not here: the protocol (`mcp.py`). Counterpart: `engine/kinds/mcp.py`, the faces of these calls.
"""

import msgspec

from antiphon.engine.commands import ListTools
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.kinds.mcp import tool_error
from antiphon.engine.replies import ToolsListed
from antiphon.errors import AntiphonError, CassetteFault, StoreFault
from antiphon.tools.addresses import allowed_address
from antiphon.tools.mcp import McpClient
from antiphon.tools.tool import ToolCall
from antiphon.wire.mcp import McpTool


class McpCalls:
    """Implements `Tool`. `allow_private` says whether requests may name servers in this machine's own network."""

    def __init__(self, client: McpClient, *, allow_private: bool) -> None:
        self._client = client
        self._allow_private = allow_private

    async def list(self, command: ListTools, run_id: str) -> ToolsListed:
        """What the server offers, or why that isn't known."""
        server = command.server
        try:
            listed = await self._client.list_tools(server, self._url(server.server_url), scope=run_id)
        except (CassetteFault, StoreFault):
            raise
        except AntiphonError as error:
            return ToolsListed(server.server_label, error=error.message)
        return ToolsListed(server.server_label, listed)

    async def call(self, call: ToolCall) -> Outcome:
        server: McpTool = call.about["server"]
        try:
            arguments = msgspec.json.decode(call.arguments.strip() or "{}", type=dict)
        except msgspec.MsgspecError:
            return Outcome(error=tool_error("The arguments aren't a JSON object."))
        try:
            url = self._url(server.server_url)
            result = await self._client.call(server, url, call.about["name"], arguments, scope=call.run_id)
        except (CassetteFault, StoreFault):
            raise
        except AntiphonError as error:
            return Outcome(error=tool_error(error.message))
        fault = msgspec.to_builtins(result.error) if result.error is not None else None
        return Outcome(output=result.output, error=fault)

    async def leave(self, run_id: str) -> None:
        await self._client.leave(run_id)

    async def close(self) -> None:
        await self._client.close()

    def _url(self, url: str | None) -> str:
        if url is None or not allowed_address(url, allow_private=self._allow_private):
            raise AntiphonError(
                "This server may not call private addresses. Its operator can allow it with --allow-private-urls."
            )
        return url
