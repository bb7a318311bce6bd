"""A server that is killed again and again during a response with tools: it ends, and nothing that was done is done again."""

import asyncio
import json
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp_servers import serving
from mcp_types import ToolAnnotations
from running_server import Json, RunningServer, running_server

from antiphon.testing import Reply, Request, ScriptedUpstream, check_stream, text, tool_call

TURNS, KILLS = 3, 1
PATIENCE = 60.0
FINAL = {"response.completed", "response.incomplete", "response.failed"}


class World:
    """A model that counts to `TURNS` by a tool, a call a turn, and the tool's server: both write down what came."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.called: list[int] = []
        self.server = MCPServer("counter", log_level="CRITICAL")
        self.server.tool(annotations=ToolAnnotations(read_only_hint=True))(self.count)

    def __call__(self, request: Request) -> Reply:
        turn = sum(message["role"] == "tool" for message in request.json["messages"])
        self.asked.append(turn)
        return text("Do", "ne.") if turn == TURNS else tool_call("count", f'{{"number": {turn}}}')

    async def count(self, number: int) -> str:
        self.called.append(number)
        await asyncio.sleep(0.1)
        return f"counted {number}"


def follow(server: RunningServer, response_id: str, events: list[Json], until: int) -> None:
    """Read on behind what was seen, until so many calls of the tool are done or the response ended."""
    after = {"starting_after": str(events[-1]["sequence_number"])} if events else {}
    path = f"/responses/{response_id}"
    with server.http.stream("GET", path, params={"stream": "true", **after}, timeout=PATIENCE) as following:
        for line in following.iter_lines():
            if line.startswith("data: "):
                events.append(dict(json.loads(line[6:])))
            done = sum(event["type"] == "response.mcp_call.completed" for event in events)
            if done >= until or (events and events[-1]["type"] in FINAL):
                return


async def test_a_server_killed_between_its_steps_ends_what_it_began(database: str) -> None:
    world, events = World(), list[Json]()
    with ScriptedUpstream(default=world, models=["m"]) as upstream:
        async with serving(world.server.streamable_http_app()) as url:
            flags = ("--upstream", f"up={upstream.url}", "--db", database, "--allow-private-urls")
            tool = {"type": "mcp", "server_label": "s", "server_url": f"{url}/mcp", "require_approval": "never"}
            asked: dict[str, Any] = {"model": "up/m", "input": "Count.", "tools": [tool], "background": True}
            response_id = ""
            for life in range(KILLS + 1):
                with running_server(*flags, complaints=r"(.*\n)*") as server:
                    if not response_id:
                        response_id = (await asyncio.to_thread(server.post, asked)).json["id"]
                    until = life + 1 if life < KILLS else TURNS + 1
                    await asyncio.to_thread(follow, server, response_id, events, until)
                    if life < KILLS:
                        server.process.kill()
                        server.process.wait()
    final = check_stream(events)
    assert final["status"] == "completed"
    # Each kill may catch one turn and one call under way.
    assert sorted(set(world.asked)) == list(range(TURNS + 1))
    assert len(world.asked) <= TURNS + 1 + KILLS
    assert sorted(set(world.called)) == list(range(TURNS))
    assert len(world.called) <= TURNS + KILLS
    done = [item for item in final["output"] if item["type"] == "mcp_call" and item["status"] == "completed"]
    assert [item["output"] for item in done] == [f"counted {number}" for number in range(TURNS)]
