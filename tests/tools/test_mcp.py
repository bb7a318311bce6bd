"""The MCP client against real servers: the SDK's own in both ways of travelling, and scripted ones that misbehave."""

import asyncio
import logging

import msgspec
import pytest
from mcp_servers import PATHS, TOKEN, asking, serving, workshop

from antiphon.errors import McpFailed
from antiphon.tools.mcp import McpResult, call_error
from antiphon.tools.mcp_endpoint import Endpoint
from antiphon.tools.mcp_limits import McpLimits
from antiphon.wire.mcp import McpHttpError, McpProtocolError, McpTool, McpToolExecutionError

pytestmark = pytest.mark.parametrize("kind", PATHS)
TOOL = McpTool(server_label="shop")


def protocol_error(result: McpResult) -> McpProtocolError:
    assert result.output is None
    assert isinstance(result.error, McpProtocolError), result.error
    return result.error


def http_error(result: McpResult) -> McpHttpError:
    assert result.output is None
    assert isinstance(result.error, McpHttpError), result.error
    return result.error


async def test_lists_and_calls(kind: str) -> None:
    async with serving(workshop().app(kind)) as base, asking() as client:
        listed = await client.list_tools(Endpoint.of(TOOL, base + PATHS[kind]))
        called = await client.call(Endpoint.of(TOOL, base + PATHS[kind]), "add", {"a": 2, "b": 3})
    assert [tool.name for tool in listed] == ["add", "wait", "meet", "fail", "say", "draw", "told"]
    assert listed[0].description == "Add two numbers."
    assert listed[0].annotations == {"read_only": True}
    assert listed[1].annotations == {"read_only": False}
    assert listed[0].input_schema["required"] == ["a", "b"]
    assert msgspec.to_builtins(listed[0]).keys() == {"name", "input_schema", "description", "annotations"}
    assert called == McpResult(output="5")


async def test_twenty_tools(kind: str) -> None:
    async with serving(workshop(more=20).app(kind)) as base, asking() as client:
        listed = await client.list_tools(Endpoint.of(TOOL, base + PATHS[kind]))
        called = await client.call(Endpoint.of(TOOL, base + PATHS[kind]), "plain_19", {})
    assert [tool.name for tool in listed][-20:] == [f"plain_{number:02}" for number in range(20)]
    assert called.output == "plain"


async def test_ten_calls_run_at_the_same_time_on_one_session(kind: str) -> None:
    """Each answers only when all ten are there: one after the other, they would never end."""
    shop = workshop()
    async with serving(shop.app(kind)) as base, asking() as client:
        url = base + PATHS[kind]
        await client.list_tools(Endpoint.of(TOOL, url))
        met = await asyncio.gather(*(client.call(Endpoint.of(TOOL, url), "meet", {"guests": 10}) for _ in range(10)))
    assert met == [McpResult(output="met")] * 10
    opened = [path for method, path in shop.requests if method == "GET"]
    assert len(opened) == {"streamable": 0, "sse": 1}[kind]


async def test_the_bearer_token_is_sent_with_every_request(kind: str) -> None:
    tool = McpTool(server_label="shop", authorization=TOKEN)
    async with serving(workshop(bearer=True).app(kind)) as base, asking() as client:
        await client.list_tools(Endpoint.of(tool, base + PATHS[kind]))
        assert (await client.call(Endpoint.of(tool, base + PATHS[kind]), "add", {"a": 1, "b": 1})).output == "2"


@pytest.mark.parametrize("token", [None, "tok-9876543210fedcba"])
async def test_a_server_that_wants_another_token_is_an_http_error(kind: str, token: str | None) -> None:
    tool = McpTool(server_label="shop", authorization=token)
    async with serving(workshop(bearer=True).app(kind)) as base, asking() as client:
        error = http_error(await client.call(Endpoint.of(tool, base + PATHS[kind]), "add", {"a": 1, "b": 1}))
        with pytest.raises(McpFailed) as failed:
            await client.list_tools(Endpoint.of(tool, base + PATHS[kind]))
    assert error.code == 401
    assert "status 401 (Unauthorized). Check the authorization" in error.message
    assert call_error(failed.value) == error


async def test_headers_are_sent(kind: str) -> None:
    tool = McpTool(server_label="shop", headers={"X-Shelf": "seven"})
    async with serving(workshop().app(kind)) as base, asking() as client:
        assert (await client.call(Endpoint.of(tool, base + PATHS[kind]), "told", {"name": "x-shelf"})).output == "seven"
        assert (
            await client.call(Endpoint.of(tool, base + PATHS[kind]), "told", {"name": "user-agent"})
        ).output == "antiphon"


async def test_a_tool_that_fails_is_an_execution_error(kind: str) -> None:
    async with serving(workshop().app(kind)) as base, asking() as client:
        result = await client.call(Endpoint.of(TOOL, base + PATHS[kind]), "fail", {})
    assert isinstance(result.error, McpToolExecutionError)
    assert result.error.content[0]["type"] == "text"
    assert "fail" in result.error.content[0]["text"]


async def test_pictures_are_named_by_type_and_size(kind: str) -> None:
    async with serving(workshop().app(kind)) as base, asking() as client:
        result = await client.call(Endpoint.of(TOOL, base + PATHS[kind]), "draw", {})
    assert result.output == "a dot\n[image, image/png, 12 bytes]"


async def test_a_slow_call_ends_and_the_others_go_on(kind: str) -> None:
    shop = workshop()
    async with serving(shop.app(kind)) as base, asking(McpLimits(call_seconds=1.5)) as client:
        url = base + PATHS[kind]
        slow, quick = await asyncio.gather(
            client.call(Endpoint.of(TOOL, url), "wait", {"seconds": 60}),
            client.call(Endpoint.of(TOOL, url), "wait", {"seconds": 0.01}),
        )
        again = await client.call(Endpoint.of(TOOL, url), "add", {"a": 1, "b": 1})
    error = protocol_error(slow)
    assert error.code == -32001
    assert "'shop'" in error.message
    assert "took longer than 1.5 s" in error.message
    assert (quick.output, again.output) == ("waited", "2")


async def test_a_cancelled_call_is_cancelled_at_the_server(kind: str) -> None:
    shop = workshop()
    async with serving(shop.app(kind)) as base, asking() as client:
        url = base + PATHS[kind]
        await client.list_tools(Endpoint.of(TOOL, url))
        call = asyncio.create_task(client.call(Endpoint.of(TOOL, url), "wait", {"seconds": 60}))
        await shop.begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await shop.cancelled.wait()
        assert (await client.call(Endpoint.of(TOOL, url), "add", {"a": 1, "b": 1})).output == "2"


async def test_a_result_over_the_limit_is_an_error(kind: str) -> None:
    async with serving(workshop().app(kind)) as base, asking(McpLimits(output_bytes=1000)) as client:
        result = await client.call(Endpoint.of(TOOL, base + PATHS[kind]), "say", {"text": "é", "times": 501})
        fitting = await client.call(Endpoint.of(TOOL, base + PATHS[kind]), "say", {"text": "é", "times": 500})
    assert "1002 bytes of text; 1000 are taken" in protocol_error(result).message
    assert fitting.output == "é" * 500


async def test_an_answer_over_the_limit_is_cut_off_and_the_next_call_works(kind: str) -> None:
    async with serving(workshop().app(kind)) as base, asking(McpLimits(answer_bytes=100_000)) as client:
        result = await client.call(Endpoint.of(TOOL, base + PATHS[kind]), "say", {"text": "x", "times": 2_000_000})
        again = await client.call(Endpoint.of(TOOL, base + PATHS[kind]), "add", {"a": 1, "b": 1})
    assert "more than is read of one answer" in protocol_error(result).message
    assert again.output == "2"


async def test_the_list_is_remembered_for_its_lifetime_and_per_credentials(kind: str) -> None:
    shop, now = workshop(), [0.0]
    other = McpTool(server_label="shop", headers={"x-api-key": "another-key"})
    async with serving(shop.app(kind)) as base, asking(McpLimits(list_lifetime=60), clock=lambda: now[0]) as client:
        url = base + PATHS[kind]

        async def requests(tool: McpTool) -> int:
            before = len(shop.requests)
            assert len(await client.list_tools(Endpoint.of(tool, url))) == 7
            return len(shop.requests) - before

        assert await requests(TOOL) > 0
        assert await requests(TOOL) == 0
        assert await requests(other) > 0
        assert await requests(other) == 0
        now[0] = 59.9
        assert await requests(TOOL) == 0
        now[0] = 60
        assert await requests(TOOL) == 1


async def test_a_list_that_its_reader_changes_stays_as_it_was(kind: str) -> None:
    async with serving(workshop().app(kind)) as base, asking() as client:
        (await client.list_tools(Endpoint.of(TOOL, base + PATHS[kind]))).clear()
        assert await client.list_tools(Endpoint.of(TOOL, base + PATHS[kind]))


async def test_the_credentials_show_nowhere(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tool = McpTool(server_label="shop", authorization=TOKEN, headers={"X-Api-Key": "key-0123456789"})
    async with serving(workshop(bearer=True).app(kind)) as base, asking() as client:
        url = base.replace("//", "//user:password-0123@") + PATHS[kind] + "?api_key=query-0123456789"
        shown = [repr(tool), repr(await client.list_tools(Endpoint.of(tool, url)))]
        for name in ("authorization", "x-api-key"):
            shown.append((await client.call(Endpoint.of(tool, url), "told", {"name": name})).output or "")
        wrong = McpTool(server_label="shop", authorization=TOKEN + "-wrong", headers=tool.headers)
        shown.append(repr(await client.call(Endpoint.of(wrong, url), "told", {"name": name})))
        shown.append(
            repr(
                await client.call(Endpoint.of(tool, url.replace(base.rpartition(":")[2], "9")), "told", {"name": name})
            )
        )
    assert shown[2] == "Bearer [redacted]"
    assert "401" in shown[4]
    ours = [
        record for record in caplog.records if record.name.split(".")[0] in {"antiphon", "asyncio", "client", "httpx2"}
    ]
    ours += [record for record in caplog.records if record.name.startswith(("mcp.client", "mcp.shared"))]
    assert ours
    for secret in (TOKEN, "key-0123456789", "password-0123", "query-0123456789"):
        assert secret not in "".join(shown)
        assert secret not in "\n".join(record.getMessage() for record in ours)
