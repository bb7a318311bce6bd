"""Tools of MCP servers as one of this server's own: carries out their calls, and asks what they have.

Not here: the protocol (`mcp.py`). Counterpart: `engine/kinds/mcp.py`, the faces of these calls.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from antiphon.engine.commands import ListTools
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.kinds.mcp import tool_error
from antiphon.engine.replies import ToolsListed
from antiphon.errors import AddressRefused, AntiphonError, CassetteFault, StoreFault
from antiphon.network.reach import Reach
from antiphon.tools.connectors import Connector
from antiphon.tools.mcp import McpClient
from antiphon.tools.mcp_endpoint import Endpoint
from antiphon.tools.tool import ToolCall
from antiphon.wire.mcp import McpTool


class McpCalls:
    """Implements `Tool`. `reach` says where the servers may be that requests name."""

    def __init__(self, client: McpClient, connectors: Mapping[str, Connector], reach: Reach) -> None:
        self._client = client
        self._connectors = connectors
        self._reach = reach

    async def list(self, command: ListTools, run_id: str) -> ToolsListed:
        """What the server offers, or why that isn't known."""
        server = command.server
        try:
            listed = await self._client.list_tools(self._endpoint(server), scope=run_id)
        except (CassetteFault, StoreFault):
            raise
        except AntiphonError as error:
            return ToolsListed(server.server_label, error=error.message)
        return ToolsListed(server.server_label, listed)

    async def call(self, call: ToolCall) -> Outcome:
        server: McpTool = call.about["server"]
        try:
            arguments = _arguments(call.arguments.strip() or "{}")
        except (ValueError, RecursionError):
            return Outcome(error=tool_error("The arguments aren't a JSON object."))
        try:
            endpoint = self._endpoint(server)
            result = await self._client.call(endpoint, call.about["name"], arguments, scope=call.run_id)
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

    def _endpoint(self, server: McpTool) -> Endpoint:
        """The server with its address and credentials. Raises `AddressRefused`."""
        connector = self._connectors.get(server.connector_id or "") if server.server_url is None else None
        whole = connector.given(server) if connector is not None else server
        if whole.server_url is None:
            raise AddressRefused("This connector isn't there any more.")
        reach = self._reach
        if connector is not None:
            # The operator chose it, and its port.
            reach = Reach(reach.private or connector.allow_private, ports=None)
        endpoint = Endpoint.of(whole, whole.server_url, public=not reach.private)
        reach.check(endpoint.url)
        return endpoint


def _arguments(written: str) -> dict[str, Any]:
    """Arguments as an object. Models write `null` for none, and some the object once more as a text.

    Raises `ValueError` for anything else, or `RecursionError`.
    """
    value = msgspec.json.decode(written)
    if isinstance(value, str):
        value = msgspec.json.decode(value)
    return msgspec.convert({} if value is None else value, dict[str, Any])
