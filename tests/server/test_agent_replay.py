"""An agent's work, recorded with its MCP server and replayed without any server."""

from pathlib import Path
from typing import Any

import pytest
from mcp_servers import PATHS, TOKEN, serving, workshop
from running_server import RunningServer, running_server

from antiphon.testing import ScriptedUpstream, text, tool_call


async def answered(server: RunningServer, tool: dict[str, Any]) -> tuple[list[Any], str]:
    async with server.async_client() as client:
        response = await client.responses.create(model="up/m", input="Hello?", tools=[tool])  # type: ignore[list-item] # as JSON
    return [getattr(item, "output", None) for item in response.output], response.output_text


@pytest.mark.parametrize("kind", PATHS)
async def test_a_recorded_loop_is_replayed_without_any_server(tmp_path: Path, kind: str) -> None:
    tape = tmp_path / "tape.jsonl"
    script = (tool_call("add", '{"a": 2, "b": 3}'), text("It is 5."))
    async with serving(workshop(bearer=True).app(kind)) as base:
        tool = {
            "type": "mcp",
            "server_label": "shop",
            "server_url": base + PATHS[kind],
            "require_approval": "never",
            "authorization": TOKEN,
        }
        with ScriptedUpstream(*script) as upstream:
            flags = ("--upstream", f"up={upstream.url}", "--cassette", str(tape))
            with running_server(*flags, "--mode", "record") as server:
                recorded = await answered(server, tool)
    assert recorded == ([None, "5", None], "It is 5.")
    assert TOKEN.encode() not in tape.read_bytes()
    with running_server(*flags, "--mode", "replay") as server:
        assert await answered(server, tool) == recorded


async def test_approvals_are_replayed_with_the_ids_that_were_recorded(tmp_path: Path) -> None:
    script = (tool_call("add", '{"a": 2, "b": 3}'), text("It is 5."), tool_call("fail", "{}"), text("As you wish."))
    said: list[list[Any]] = []
    async with serving(workshop().app("sse")) as base:
        tool: Any = {"type": "mcp", "server_label": "shop", "server_url": base + PATHS["sse"]}
        with ScriptedUpstream(*script) as upstream:
            flags = ("--upstream", f"up={upstream.url}", "--cassette", str(tmp_path / "tape.jsonl"))
            with running_server(*flags, "--mode", "record") as server:
                said.append(await approved_and_refused(server, tool))
    with running_server(*flags, "--mode", "replay") as server:
        said.append(await approved_and_refused(server, tool))
    assert said[0] == said[1]
    assert said[0][1] == ["5", "It is 5."]
    assert said[0][3] == ["As you wish."]


async def approved_and_refused(server: RunningServer, tool: Any) -> list[Any]:
    """The ids of two requests for approval, and what came of the first, allowed, and the second, refused."""
    told: list[Any] = []
    async with server.async_client() as client:
        for question, approve in (("Add.", True), ("Fail.", False)):
            asked = await client.responses.create(model="up/m", input=question, tools=[tool])
            request = asked.output[-1]
            answer: Any = {"type": "mcp_approval_response", "approval_request_id": request.id, "approve": approve}
            done = await client.responses.create(
                model="up/m", input=[answer], tools=[tool], previous_response_id=asked.id
            )
            outputs = [getattr(item, "output", None) for item in done.output[:-1]]
            told += [request.id, [*outputs, done.output_text]]
    return told
