"""Sessions with servers of older revisions, which forget, lie, hang up and never end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from mcp_servers import INITIALIZED, TOKEN, Script, asking, listed_tool, serving, text_result
from mcp_types import HEADER_MISMATCH
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from antiphon.errors import McpFailed
from antiphon.tools.mcp import McpClient, McpResult
from antiphon.tools.mcp_endpoint import Endpoint
from antiphon.tools.mcp_limits import McpLimits
from antiphon.wire.mcp import McpHttpError, McpProtocolError, McpTool, McpToolExecutionError

TOOL = McpTool(server_label="shop")
Answer = Callable[[dict[str, Any], Request], Any]


def says(answer: object) -> Answer:
    return lambda _, __: answer


def error(status: int, code: int, message: str) -> Answer:
    def answer(body: dict[str, Any], _: Request) -> Response:
        content = {"jsonrpc": "2.0", "id": body["id"], "error": {"code": code, "message": message}}
        return JSONResponse(content, status_code=status)

    return answer


async def called(script: Script, limits: McpLimits | None = None, tool: McpTool = TOOL) -> McpResult:
    """What a call of the tool `any` comes to."""
    async with serving(script.app()) as base, asking(limits) as client:
        return await client.call(Endpoint.of(tool, f"{base}/mcp"), "any", {"x": 1})


async def list_failure(script: Script, limits: McpLimits | None = None) -> str:
    async with serving(script.app()) as base, asking(limits) as client:
        with pytest.raises(McpFailed) as failed:
            await client.list_tools(Endpoint.of(TOOL, f"{base}/mcp"))
    return failed.value.message


async def test_an_older_server_is_probed_greeted_and_asked() -> None:
    script = Script({"tools/call": says(text_result("done"))})
    assert await called(script) == McpResult(output="done")
    assert script.methods == ["server/discover", "initialize", "notifications/initialized", "tools/call"]
    assert script.asked[-1]["params"] == {"name": "any", "arguments": {"x": 1}}


async def test_the_list_is_read_page_after_page() -> None:
    def page(body: dict[str, Any], _: Request) -> dict[str, Any]:
        cursor = body.get("params", {}).get("cursor")
        if cursor is None:
            return {"tools": [listed_tool("one")], "nextCursor": "2"}
        return {"tools": [listed_tool("two"), listed_tool("one", description="again")]}

    async with serving(Script({"tools/list": page}).app()) as base, asking() as client:
        listed = await client.list_tools(Endpoint.of(TOOL, f"{base}/mcp"))
    assert [(tool.name, tool.description) for tool in listed] == [("one", None), ("two", None)]


@pytest.mark.parametrize("limits", [McpLimits(pages=5), McpLimits(tools=4)])
async def test_a_list_without_end_is_an_error(limits: McpLimits) -> None:
    page = {"tools": [listed_tool("one")], "nextCursor": "more"}
    assert "after 5 of them there is more" in await list_failure(Script({"tools/list": says(page)}), limits)


@pytest.mark.parametrize(
    ("tools", "where"),
    [
        ([{"name": "one", "inputSchema": "an object"}], "tools.0.inputSchema"),
        ([{"inputSchema": {"type": "object"}}], "tools.0.name"),
        ("none", "tools"),
    ],
)
async def test_a_list_that_is_none_is_an_error_that_names_the_field(tools: object, where: str) -> None:
    message = await list_failure(Script({"tools/list": says({"tools": tools})}))
    assert "sent what the protocol doesn't allow" in message
    assert f"({where})" in message


async def test_output_that_breaks_the_tools_own_schema_is_read_all_the_same() -> None:
    """The SDK would check it, with regular expressions that the server chose: this one takes for ever."""
    schema = {"type": "object", "properties": {"s": {"type": "string", "pattern": "^(a+)+$"}}, "required": ["s"]}
    script = Script(
        {
            "tools/list": says({"tools": [listed_tool("any", outputSchema=schema)]}),
            "tools/call": says(text_result("told", structuredContent={"s": "a" * 60 + "b"})),
        }
    )
    async with serving(script.app()) as base, asking() as client:
        await client.list_tools(Endpoint.of(TOOL, f"{base}/mcp"))
        assert (await client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {})).output == "told"


@pytest.mark.parametrize(
    "result", [{"content": "text"}, {"content": [{"type": "text"}]}, {"content": None}, {"content": [{"type": "odd"}]}]
)
async def test_a_result_that_is_none_is_a_protocol_error(result: object) -> None:
    outcome = await called(Script({"tools/call": says(result)}))
    assert isinstance(outcome.error, McpProtocolError)
    assert "sent what the protocol doesn't allow" in outcome.error.message


async def test_a_servers_own_error_is_passed_on() -> None:
    for status in (200, 400, 500):
        outcome = await called(Script({"tools/call": error(status, -32602, "No such tool: any")}))
        assert outcome.error == McpProtocolError(code=-32602, message="No such tool: any")


async def test_an_error_of_a_tool_leaves_its_session_open_whatever_number_it_has() -> None:
    script = Script({"tools/call": error(200, -32000, "The till is empty.")}, headers={"mcp-session-id": "mine"})
    async with serving(script.app()) as base, asking() as client:
        for _ in range(2):
            outcome = await client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {})
            assert outcome.error == McpProtocolError(code=-32000, message="The till is empty.")
    assert script.methods.count("initialize") == 1


async def test_what_is_said_to_a_farewell_isnt_why_a_server_cant_be_used() -> None:
    """With a session already given, the SDK takes leave of a server that refuses the greeting."""

    def refuse(body: dict[str, Any], _: Request) -> Response:
        told = {"jsonrpc": "2.0", "id": body["id"], "error": {"code": -32602, "message": "Members only."}}
        return JSONResponse(told, headers={"mcp-session-id": "mine"})

    script = Script({"initialize": refuse})
    outcome = await called(script)
    assert outcome.error == McpProtocolError(code=-32602, message="Members only.")
    assert [request.method for request in script.requests].count("DELETE") == 1


async def test_a_credential_in_an_error_is_blanked() -> None:
    tool = McpTool(server_label="shop", authorization=TOKEN)
    outcome = await called(Script({"tools/call": error(200, -32000 - 99, f"{TOKEN} is stale")}), tool=tool)
    assert outcome.error == McpProtocolError(code=-32099, message="[redacted] is stale")


@pytest.mark.parametrize(
    ("status", "words"), [(500, "500 (Internal Server Error)."), (429, "429 (Too Many"), (599, "599.")]
)
async def test_an_error_status_is_an_http_error(status: int, words: str) -> None:
    outcome = await called(Script({"tools/call": says(Response("<h1>No</h1>", status_code=status))}))
    assert isinstance(outcome.error, McpHttpError)
    assert outcome.error.code == status
    assert f"answered with status {words}" in outcome.error.message


async def test_a_server_that_never_opens_says_so_by_its_status() -> None:
    outcome = await called(
        Script({"server/discover": says(Response(status_code=503)), "initialize": says(Response(status_code=503))})
    )
    assert isinstance(outcome.error, McpHttpError)
    assert outcome.error.code == 503


async def test_a_web_server_that_knows_nothing_of_mcp() -> None:
    async with serving(Script({}).app()) as base, asking() as client:
        outcome = await client.call(Endpoint.of(TOOL, f"{base}/elsewhere"), "any", {})
    assert isinstance(outcome.error, McpHttpError)
    assert outcome.error.code == 404


async def test_a_page_instead_of_an_answer_is_a_protocol_error() -> None:
    outcome = await called(Script({"tools/call": says(Response("<h1>Hi</h1>", media_type="text/html"))}))
    assert isinstance(outcome.error, McpProtocolError)
    assert "text/html" in outcome.error.message


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"jsonrpc":"2.0"}', b"[" * 5000, b"\xff"])
async def test_json_that_is_no_answer_is_a_protocol_error(body: bytes) -> None:
    outcome = await called(Script({"tools/call": says(Response(body, media_type="application/json"))}))
    assert isinstance(outcome.error, McpProtocolError)


async def test_nothing_listens() -> None:
    async with asking() as client:
        outcome = await client.call(Endpoint.of(TOOL, "http://127.0.0.1:9/mcp?key=secret-12345"), "any", {})
        with pytest.raises(McpFailed) as failed:
            await client.list_tools(Endpoint.of(TOOL, "http://127.0.0.1:9/mcp?key=secret-12345"))
    assert isinstance(outcome.error, McpHttpError)
    assert outcome.error.code == 424
    assert outcome.error.message.startswith("The MCP server 'shop' at http://127.0.0.1:9/mcp can't be reached: ")
    assert (failed.value.http_status, failed.value.message) == (424, outcome.error.message)


async def test_a_server_that_hangs_while_opening() -> None:
    async def silent(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async def asked(client: McpClient, url: str) -> None:
        outcome = await client.call(Endpoint.of(TOOL, url), "any", {})
        assert isinstance(outcome.error, McpProtocolError)
        assert "took longer than 0.3 s" in outcome.error.message

    await with_socket_server(silent, asked, McpLimits(open_seconds=0.3))


async def test_a_server_that_hangs_up_while_opening() -> None:
    async def rude(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def asked(client: McpClient, url: str) -> None:
        outcome = await client.call(Endpoint.of(TOOL, url), "any", {})
        assert isinstance(outcome.error, McpHttpError)
        assert outcome.error.code == 424

    await with_socket_server(rude, asked)


async def with_socket_server(
    play: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    asked: Callable[[McpClient, str], Awaitable[None]],
    limits: McpLimits | None = None,
) -> None:
    """Ask a server that is less than one."""
    tasks: set[asyncio.Task[Any]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task() or asyncio.create_task(asyncio.sleep(0)))
        try:
            await play(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with asking(limits) as client:
        await asked(client, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp")
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
async def test_an_answer_cut_in_the_middle_spares_the_other_calls(kind: str) -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b'data: {"jsonrpc":'
        raise ConnectionResetError

    def answer(body: dict[str, Any], _: Request) -> Any:
        if body["params"]["arguments"] == {"x": 1}:
            return StreamingResponse(half(), media_type=kind)
        return text_result("whole")

    async with serving(Script({"tools/call": answer}).app()) as base, asking() as client:
        cut, whole = await asyncio.gather(
            *(client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", arguments) for arguments in ({"x": 1}, {"x": 2}))
        )
    assert isinstance(cut.error, McpHttpError)
    assert "ended the connection in the middle" in cut.error.message
    assert whole.output == "whole"


async def test_a_forgotten_session_is_opened_again_and_the_call_repeated_once() -> None:
    script = Script({"tools/call": says(text_result("done"))}, headers={"mcp-session-id": "first"})
    async with serving(script.app()) as base, asking() as client:
        url = f"{base}/mcp"
        await client.call(Endpoint.of(TOOL, url), "any", {})
        script.answers["tools/call"] = lambda _, request: (
            text_result("anew") if request.headers["mcp-session-id"] == "second" else Response(status_code=404)
        )
        script.headers["mcp-session-id"] = "second"
        script.asked.clear()
        assert (await client.call(Endpoint.of(TOOL, url), "any", {})).output == "anew"
        assert script.methods.count("tools/call") == 2
        script.answers["tools/call"] = says(Response(status_code=404))
        script.asked.clear()
        assert isinstance((await client.call(Endpoint.of(TOOL, url), "any", {})).error, McpHttpError)
        assert script.methods.count("tools/call") == 2


async def test_a_session_is_said_goodbye_to() -> None:
    script = Script({"tools/call": says(text_result("done"))}, headers={"mcp-session-id": "mine"})
    assert (await called(script)).output == "done"
    assert script.requests[-1].method == "DELETE"
    assert script.requests[-1].headers["mcp-session-id"] == "mine"


async def test_each_scope_has_a_session_of_its_own_and_leaves_it() -> None:
    script = Script({"tools/call": says(text_result("done"))}, headers={"mcp-session-id": "any"})
    async with serving(script.app()) as base, asking() as client:
        for scope in ("a", "b", "a"):
            await client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {}, scope=scope)
        assert script.methods.count("initialize") == 2
        await client.leave("a")
        await client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {}, scope="b")
        assert script.methods.count("initialize") == 2
        await client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {}, scope="a")
        assert script.methods.count("initialize") == 3


async def test_an_idle_session_is_closed_and_the_next_call_opens_another() -> None:
    script = Script({"tools/call": says(text_result("done"))}, headers={"mcp-session-id": "any"})
    async with serving(script.app()) as base, asking(McpLimits(idle_seconds=0.05)) as client:
        await client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {})
        while script.requests[-1].method != "DELETE":  # noqa: ASYNC110 - the server sets no event
            await asyncio.sleep(0.01)
        assert (await client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {})).output == "done"
    assert script.methods.count("initialize") == 2


async def test_a_session_in_use_is_not_idle() -> None:
    async def slow() -> AsyncIterator[bytes]:
        await asyncio.sleep(0.7)
        yield b'data: {"jsonrpc":"2.0","id":0,"result":{"content":[]}}\n\n'

    script = Script({"tools/call": says(text_result("done"))})
    async with serving(script.app()) as base, asking(McpLimits(idle_seconds=0.5)) as client:
        await client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {})
        script.answers["tools/call"] = says(StreamingResponse(slow(), media_type="text/event-stream"))
        assert (await client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {})).output == ""
        script.answers["tools/call"] = says(text_result("done"))
        await client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {})
    assert script.methods.count("initialize") == 1


async def test_leaving_waits_for_the_calls_under_way() -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        begun.set()
        await go.wait()
        yield b'data: {"jsonrpc":"2.0","id":0,"result":{"content":[]}}\n\n'

    script = Script(
        {"tools/call": says(StreamingResponse(slow(), media_type="text/event-stream"))}, headers={"mcp-session-id": "s"}
    )
    async with serving(script.app()) as base, asking() as client:
        call = asyncio.create_task(client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {}, scope="a"))
        await begun.wait()
        await client.leave("a")
        go.set()
        assert (await call).output == ""
        while script.requests[-1].method != "DELETE":  # noqa: ASYNC110 - the server sets no event
            await asyncio.sleep(0.01)


async def test_a_credential_in_a_tools_own_error_is_blanked() -> None:
    tool = McpTool(server_label="shop", authorization=TOKEN)
    outcome = await called(Script({"tools/call": says(text_result(f"{TOKEN}?", isError=True))}), tool=tool)
    assert outcome.error == McpToolExecutionError(content=[{"type": "text", "text": "[redacted]?"}])


async def test_a_large_picture_of_an_error_is_only_named() -> None:
    picture = {"type": "image", "data": "QUJD" * 500, "mimeType": "image/png"}
    outcome = await called(
        Script({"tools/call": says({"content": [picture], "isError": True})}), McpLimits(output_bytes=1000)
    )
    assert outcome.error == McpToolExecutionError(content=[{"type": "text", "text": "[image, image/png, 1500 bytes]"}])


async def test_of_too_many_sessions_the_oldest_unused_one_goes() -> None:
    script = Script({"tools/call": says(text_result("done"))})
    async with serving(script.app()) as base, asking(McpLimits(sessions=2)) as client:
        for scope in ("a", "b", "c", "b", "a"):
            await client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {}, scope=scope)
    assert script.methods.count("initialize") == 4


async def test_closing_ends_calls_that_wait() -> None:
    begun = asyncio.Event()

    async def never() -> AsyncIterator[bytes]:
        begun.set()
        yield b": wait\n\n"
        await asyncio.Event().wait()

    script = Script({"tools/call": says(StreamingResponse(never(), media_type="text/event-stream"))})
    async with serving(script.app()) as base, asking() as client:
        call = asyncio.create_task(client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {}))
        await begun.wait()
        await client.close()
        assert isinstance((await call).error, McpProtocolError)


async def test_arguments_that_travel_as_headers_are_learnt_from_the_list() -> None:
    """The newest revision: the call is refused until the session knows the tool's schema."""

    def call(body: dict[str, Any], request: Request) -> Any:
        if request.headers.get("mcp-param-x") != "1":
            return error(400, HEADER_MISMATCH, "x is missing")(body, request)
        return text_result("done", resultType="complete")

    schema = {"type": "object", "properties": {"x": {"type": "integer", "x-mcp-header": "x"}}}
    listing = {
        "tools": [{"name": "any", "inputSchema": schema}],
        "resultType": "complete",
        "ttlMs": 0,
        "cacheScope": "private",
    }
    discovered = {
        "supportedVersions": ["2026-07-28"],
        "capabilities": {},
        "resultType": "complete",
        "ttlMs": 0,
        "cacheScope": "private",
    }
    script = Script({"server/discover": says(discovered), "tools/list": says(listing), "tools/call": call})
    assert await called(script) == McpResult(output="done")
    assert script.methods == ["server/discover", "tools/call", "tools/list", "tools/call"]


async def test_a_revision_that_nobody_knows() -> None:
    outcome = await called(Script({"initialize": says({**INITIALIZED, "protocolVersion": "1999-01-01"})}))
    assert isinstance(outcome.error, McpProtocolError)
    assert "doesn't speak MCP as this server does" in outcome.error.message


async def test_a_tool_that_wants_to_ask_back() -> None:
    discovered = {
        "supportedVersions": ["2026-07-28"],
        "capabilities": {},
        "resultType": "complete",
        "ttlMs": 0,
        "cacheScope": "private",
    }
    asks = {"resultType": "input_required", "inputRequests": {}, "requestState": "s"}
    outcome = await called(Script({"server/discover": says(discovered), "tools/call": says(asks)}))
    assert isinstance(outcome.error, McpProtocolError)
    assert "asks for more input" in outcome.error.message


async def test_a_redirect_to_another_server_is_not_followed() -> None:
    other = Script({"tools/call": says(text_result("stolen"))})
    tool = McpTool(server_label="shop", authorization=TOKEN)
    async with serving(other.app()) as elsewhere:
        moved = says(RedirectResponse(f"{elsewhere}/mcp", status_code=307))
        outcome = await called(Script({"tools/call": moved}), tool=tool)
    assert isinstance(outcome.error, McpProtocolError)
    assert "not followed" in outcome.error.message
    assert other.requests == []
