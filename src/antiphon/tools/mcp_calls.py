"""Tools of MCP servers as one of this server's own: carries out their calls, and asks what they have.

Not here: the protocol (`mcp.py`). Counterpart: `engine/kinds/mcp.py`, the faces of these calls.
"""

from collections.abc import Mapping

import msgspec

from antiphon.engine.commands import ListTools
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.kinds.mcp import tool_error
from antiphon.engine.replies import ToolsListed
from antiphon.errors import AntiphonError, CassetteFault, StoreFault
from antiphon.tools.addresses import allowed_address
from antiphon.tools.connectors import Connector
from antiphon.tools.mcp import McpClient
from antiphon.tools.tool import ToolCall
from antiphon.wire.mcp import McpTool


class McpCalls:
    """Implements `Tool`. `allow_private` says whether requests may name servers in this machine's own network."""

    def __init__(self, client: McpClient, connectors: Mapping[str, Connector], *, allow_private: bool) -> None:
        self._client = client
        self._connectors = connectors
        self._allow_private = allow_private

    async def list(self, command: ListTools, run_id: str) -> ToolsListed:
        """What the server offers, or why that isn't known."""
        server = command.server
        try:
            whole, url = self._whole(server)
            listed = await self._client.list_tools(whole, url, scope=run_id)
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
            whole, url = self._whole(server)
            result = await self._client.call(whole, url, call.about["name"], arguments, scope=call.run_id)
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

    def _whole(self, server: McpTool) -> tuple[McpTool, str]:
        """The server with its address and credentials, and the address."""
        connector = self._connectors.get(server.connector_id or "") if server.server_url is None else None
        whole = connector.given(server) if connector is not None else server
        private = self._allow_private or (connector is not None and connector.allow_private)
        if whole.server_url is None or not allowed_address(whole.server_url, allow_private=private):
            raise AntiphonError(
                "This server may not call private addresses. Its operator can allow it with --allow-private-urls, or "
                "for a connector with allow-private."
            )
        return whole, whole.server_url
