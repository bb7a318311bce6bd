"""Servers that were never greeted, since a cassette answered in their place."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from mcp_servers import INITIALIZED, PATHS, TOKEN, Script, asking, serving, text_result, workshop
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from antiphon.cassettes.open import open_cassette
from antiphon.cassettes.transport import Mode
from antiphon.network import Network
from antiphon.tools.mcp import McpResult
from antiphon.tools.mcp_endpoint import Endpoint
from antiphon.tools.mcp_greeting import Greeting
from antiphon.tools.mcp_long_stream import LongStreams
from antiphon.transport import HttpRequest
from antiphon.wire.mcp import McpHttpError, McpTool

TOOL = McpTool(server_label="shop", authorization=TOKEN)


def way_out() -> Greeting:
    return Greeting(LongStreams(Network()))


@pytest.mark.parametrize("kind", PATHS)
async def test_what_isnt_on_the_tape_is_asked_though_the_greeting_was(tmp_path: Path, kind: str) -> None:
    tape = tmp_path / "tape.jsonl"
    shop = workshop(bearer=True)
    async with serving(shop.app(kind)) as base:
        url = base + PATHS[kind]
        for number in (1, 2, 1, 2):
            transport = open_cassette(tape, Mode.AUTO, way_out(), clock=time.time)
            async with asking(transport=transport) as client:
                await client.list_tools(Endpoint.of(TOOL, url))
                pair = [client.call(Endpoint.of(TOOL, url), "add", {"a": number, "b": other}) for other in (1, 2)]
                assert await asyncio.gather(*pair) == [McpResult(output=str(number + other)) for other in (1, 2)]
        opened = [path for method, path in shop.requests if method == "GET"]
    assert len(opened) == {"streamable": 0, "sse": 2}[kind]


def strict(sessions: list[str]) -> Script:
    """A server of an older revision, which wants the session that it gave out last."""

    def initialize(body: dict[str, Any], _: Request) -> Response:
        sessions.append(f"s{len(sessions)}")
        answer = {"jsonrpc": "2.0", "id": body["id"], "result": INITIALIZED}
        return JSONResponse(answer, headers={"mcp-session-id": sessions[-1]})

    def call(body: dict[str, Any], request: Request) -> Any:
        given = request.headers.get("mcp-session-id")
        if given != sessions[-1]:
            said = {"jsonrpc": "2.0", "id": "server-error", "error": {"code": -32600, "message": "Missing session"}}
            return JSONResponse(said, status_code=404 if given else 400)
        return text_result(str(body["params"]["arguments"]["a"]))

    return Script({"initialize": initialize, "tools/call": call})


async def test_an_older_server_is_greeted_where_the_tape_was(tmp_path: Path) -> None:
    sessions: list[str] = []
    script = strict(sessions)

    async with serving(script.app()) as base:
        for number in (1, 2, 2, 3):
            transport = open_cassette(tmp_path / "tape.jsonl", Mode.AUTO, way_out(), clock=time.time)
            async with asking(transport=transport) as client:
                both = [
                    client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {"a": number, "b": other}) for other in (1, 2)
                ]
                assert await asyncio.gather(*both) == [McpResult(output=str(number))] * 2
    assert sessions == ["s0", "s1", "s2"]


async def test_a_session_that_was_forgotten_is_opened_anew() -> None:
    sessions = ["forgotten"]
    async with serving(strict(sessions).app()) as base:
        way = way_out()
        body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{"a":7}}}'
        request = HttpRequest("POST", f"{base}/mcp", "mcp", {"content-type": "application/json"}, body)
        for _ in range(2):
            answer = await way.send(request)
            assert answer.status == 200
            await answer.close()
            sessions.append("forgotten")
        await way.close()
    assert [session for session in sessions if session != "forgotten"] == ["s1", "s3"]


async def test_a_server_without_sessions_is_left_alone() -> None:
    """What it refuses stays refused, and is asked for once."""
    script = Script({"tools/call": lambda _, __: Response(status_code=400)})
    async with serving(script.app()) as base, asking(transport=way_out()) as client:
        outcome = await client.call(Endpoint.of(TOOL, f"{base}/mcp"), "any", {})
    assert isinstance(outcome.error, McpHttpError)
    assert script.methods.count("tools/call") == 1
