"""A run's tools: every fault is an outcome, and private addresses are for those who allowed them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from mcp_servers import Workshop, asking, serving, workshop

from antiphon.engine.commands import CallTool, CallUpstream, Check, ListTools, Measure
from antiphon.engine.constraints import Constraint
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.replies import Checked, Measured
from antiphon.network import Network
from antiphon.network.reach import Reach
from antiphon.tools.checker import Checker
from antiphon.tools.mcp_calls import McpCalls
from antiphon.tools.server_tools import Aids, RunOf, ServerTools
from antiphon.transport import Timeouts
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.client import UpstreamClient
from antiphon.upstream.judging import Judges
from antiphon.upstream.measuring import Measurer
from antiphon.wire.mcp import McpTool

NOWHERE = "http://127.0.0.1:9/mcp"


@pytest.fixture
def shop() -> Workshop:
    return workshop()


@pytest.fixture
async def server(shop: Workshop) -> AsyncIterator[McpTool]:
    async with serving(shop.app("streamable")) as base:
        yield McpTool(server_label="shop", server_url=f"{base}/mcp")


@pytest.fixture
async def aids() -> AsyncIterator[Aids]:
    network = Network(Timeouts())
    catalog = Catalog([Upstream.at("u", "http://127.0.0.1:9")], network)
    made = Aids(Checker(), Measurer(network, catalog), Judges(UpstreamClient(network, catalog), catalog))
    yield made
    await made.checker.close()
    await network.close()


@pytest.fixture
async def tools(aids: Aids) -> AsyncIterator[ServerTools]:
    async with asking() as client:
        made = ServerTools(McpCalls(client, {}, Reach(private=True)), {}, aids, RunOf("resp_1", "default"))
        yield made
        await made.close()


def call(server: McpTool, name: str, arguments: str) -> CallTool:
    return CallTool("7", "mcp", {"server": server, "name": name}, arguments)


async def test_a_server_is_listed(tools: ServerTools, server: McpTool) -> None:
    listed = await tools.list(ListTools(server))
    assert (listed.server_label, listed.error, listed.tools[0].name) == ("shop", None, "add")


async def test_a_call_has_an_outcome(tools: ServerTools, server: McpTool) -> None:
    done = await tools.call(call(server, "add", '{"a": 2, "b": 3}'))
    assert (done.item_id, done.outcome) == ("7", Outcome("5"))


async def test_a_tool_that_fails_is_an_outcome(tools: ServerTools, server: McpTool) -> None:
    outcome = (await tools.call(call(server, "fail", "{}"))).outcome
    assert outcome.output is None
    assert outcome.error is not None
    assert outcome.error["type"] == "mcp_tool_execution_error"


async def test_a_server_that_is_down_is_an_outcome(tools: ServerTools) -> None:
    gone = McpTool(server_label="gone", server_url=NOWHERE)
    listed = await tools.list(ListTools(gone))
    assert listed.error
    assert listed.tools == ()
    assert (await tools.call(call(gone, "add", "{}"))).outcome.error


@pytest.mark.parametrize("arguments", ["[1]", '{"a"', "add", "1"])
async def test_arguments_that_are_no_object_stay_here(tools: ServerTools, shop: Workshop, arguments: str) -> None:
    gone = McpTool(server_label="gone", server_url=NOWHERE)
    outcome = (await tools.call(call(gone, "add", arguments))).outcome
    assert "JSON object" in str(outcome.error)
    assert shop.requests == []


@pytest.mark.parametrize("url", ["http://127.0.0.1/mcp", "http://10.0.0.1/mcp", "http://[::1]/mcp"])
async def test_private_addresses_need_leave(aids: Aids, url: str) -> None:
    async with asking() as client:
        tools = ServerTools(McpCalls(client, {}, Reach()), {}, aids, RunOf("resp_1", "default"))
        server = McpTool(server_label="s", server_url=url, connector_id="c")
        listed = await tools.list(ListTools(server))
        outcome = (await tools.call(call(server, "add", "{}"))).outcome
    assert "private addresses" in str(listed.error)
    assert "private addresses" in str(outcome.error)


async def test_ten_calls_are_made_at_once(tools: ServerTools, server: McpTool) -> None:
    done = await asyncio.gather(*(tools.call(call(server, "meet", '{"guests": 10}')) for _ in range(10)))
    assert [one.outcome for one in done] == [Outcome("met")] * 10


async def test_what_a_run_needs_besides_is_found_out(tools: ServerTools) -> None:
    assert await tools.check(Check("k", Constraint("regex", "a+"), "aa")) == Checked("k")
    asked = Measure(CallUpstream("u", {"model": "m", "messages": []}), count=True, window=True)
    assert await tools.measure(asked) == Measured()
