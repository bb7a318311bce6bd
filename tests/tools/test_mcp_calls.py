"""Tools of MCP servers as one of this server's own. Real servers: tests/tools/test_server_tools.py."""

import pytest
from cassettes.tapes import ScriptedNetwork
from mcp_servers import asking

from antiphon.engine.commands import ListTools
from antiphon.errors import UpstreamUnavailable
from antiphon.network.reach import Reach
from antiphon.tools.connectors import Connector
from antiphon.tools.mcp_calls import McpCalls
from antiphon.tools.tool import ToolCall
from antiphon.wire.mcp import McpTool


@pytest.mark.parametrize("arguments", ["", "{}", "null", '"{}"', "[]", '"x"', "5", "[" * 100_000])
async def test_a_private_address_needs_leave_whatever_is_called(arguments: str) -> None:
    server = McpTool(server_label="s", server_url="http://127.0.0.1:9/mcp")
    async with asking() as client:
        calls = McpCalls(client, {}, Reach())
        listed = await calls.list(ListTools(server), "resp_1")
        about = {"server": server, "name": "f"}
        outcome = await calls.call(ToolCall(about, arguments, "resp_1", "default", "", print))
        await calls.leave("resp_1")
        await calls.close()
    assert "private addresses" in (listed.error or "")
    wanted = "JSON object" if arguments in {"[]", '"x"', "5", "[" * 100_000} else "private addresses"
    assert wanted in str(outcome.error)


@pytest.mark.parametrize("private", [True, False])
async def test_a_connector_has_leave_of_its_own_for_a_private_address(*, private: bool) -> None:
    connector = Connector("http://127.0.0.1:9/mcp", "tok-0123456789", allow_private=private)
    named = McpTool(server_label="s", connector_id="notes")
    async with asking() as client:
        calls = McpCalls(client, {"notes": connector}, Reach())
        listed = await calls.list(ListTools(named), "resp_1")
        gone = await calls.list(ListTools(McpTool(server_label="s", connector_id="other")), "resp_1")
        await calls.close()
    assert ("can't be reached" if private else "private addresses") in (listed.error or "")
    assert "isn't there" in (gone.error or "")


async def test_the_port_of_a_connector_is_the_operators_to_choose() -> None:
    url = "https://no-such-server.example.com:8443/mcp"
    network = ScriptedNetwork(*[UpstreamUnavailable("down")] * 3)
    async with asking(transport=network) as client:
        calls = McpCalls(client, {"notes": Connector(url)}, Reach())
        mine = await calls.list(ListTools(McpTool(server_label="s", server_url=url)), "resp_1")
        theirs = await calls.list(ListTools(McpTool(server_label="s", connector_id="notes")), "resp_1")
        await calls.close()
    assert "Port 8443" in (mine.error or "")
    assert "can't be reached" in (theirs.error or "")
    # The network checks what its name resolves to all the same.
    assert {request.public for request in network.asked} == {True}
