"""An agent with tools of three kinds, recorded once, replayed in a hundred scopes by a process without a connection."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
from judged_http import NO_TLS
from mcp_servers import serving, workshop
from running_server import RunningServer, running_server

from antiphon.testing import ScriptedUpstream, check_stream, parse_sse, status, text, tool_call

GUARD = """
import asyncio
import sys
from types import SimpleNamespace

def guard(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo"}:
        with open("connections", "a") as file:
            file.write(f"{event} {arguments[-1]}\\n")

sys.addaudithook(guard)
# It connects in C, where no audit hook sees it; Python's own event loop has the same name here.
sys.modules["uvloop"] = SimpleNamespace(new_event_loop=asyncio.new_event_loop)
"""

LOOK_UP = {"type": "function", "name": "look_up", "parameters": {"type": "object"}}
VECTOR = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.25, 0.5]}], "model": "e"}
SCRIPT = (
    tool_call("add", '{"a": 2, "b": 3}'),
    tool_call("look_up", '{"word": "five"}', id="call_2"),
    status(200, VECTOR),
    text("It is ", "five."),
)
AT_A_TIME = 8
SCOPES = 100


def guarded(folder: Path) -> dict[str, str]:
    """The environment of a process that writes down every connection it makes to a file `connections`."""
    (folder / "guard").mkdir(exist_ok=True)
    (folder / "guard" / "sitecustomize.py").write_text(GUARD)
    return {"PYTHONPATH": str(folder / "guard")}


def connections(folder: Path) -> list[str]:
    path = folder / "connections"
    return path.read_text().splitlines() if path.exists() else []


async def agent(http: httpx2.AsyncClient, mcp: str, scope: str = "") -> list[bytes]:
    """What an agent reads: a stream that ends in a call of its function, a vector, and a stream with the answer."""
    tools = [
        {"type": "mcp", "server_label": "shop", "server_url": mcp, "require_approval": "never"},
        LOOK_UP,
    ]
    asked: dict[str, Any] = {"model": "up/m", "tools": tools, "stream": True}
    headers = {"x-antiphon-scope": scope} if scope else {}

    async def post(path: str, body: dict[str, Any]) -> bytes:
        answer = await http.post(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return bytes(answer.content)

    first = await post("/responses", asked | {"input": "What is 2 + 3, in words?"})
    response = parse_sse(first)[-1]["response"]
    (call,) = (item for item in response["output"] if item["type"] == "function_call")
    vector = await post("/embeddings", {"model": "up/e", "input": call["arguments"]})
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "five"}
    second = await post("/responses", asked | {"input": [output], "previous_response_id": response["id"]})
    return [first, vector, second]


async def in_scopes(server: RunningServer, mcp: str) -> list[list[bytes]]:
    free = asyncio.Semaphore(AT_A_TIME)

    async def one(number: int) -> list[bytes]:
        async with free:
            return await agent(http, mcp, f"tests/test_{number}.py::test_it")

    async with httpx2.AsyncClient(base_url=server.url, timeout=60, verify=NO_TLS) as http:
        return await asyncio.gather(*map(one, range(SCOPES)))


async def test_an_agent_recorded_once_is_replayed_in_a_hundred_scopes_without_a_connection(tmp_path: Path) -> None:
    tape = ("--cassette", "tape.jsonl")
    async with serving(workshop().app("streamable")) as base:
        mcp = f"{base}/mcp"
        with ScriptedUpstream(*SCRIPT, models=["m", "e"]) as upstream:
            flags = (*tape, "--upstream", f"up={upstream.url}", "--mode", "record")
            with running_server(*flags, folder=tmp_path, variables=guarded(tmp_path)) as server:
                async with httpx2.AsyncClient(base_url=server.url, timeout=60, verify=NO_TLS) as http:
                    recorded = await agent(http, mcp)
    assert any("socket.connect" in line for line in connections(tmp_path))
    (tmp_path / "connections").unlink()
    for stream in (recorded[0], recorded[2]):
        check_stream(parse_sse(stream))
    kinds = [item["type"] for item in parse_sse(recorded[0])[-1]["response"]["output"]]
    assert kinds == ["mcp_list_tools", "mcp_call", "function_call"]
    assert parse_sse(recorded[2])[-1]["response"]["output"][-1]["content"][0]["text"] == "It is five."
    with running_server(*tape, "--mode", "replay", folder=tmp_path, variables=guarded(tmp_path)) as server:
        replayed = await in_scopes(server, mcp)
    assert replayed == [recorded] * SCOPES
    assert [line for line in connections(tmp_path) if "socket.connect" in line] == []
