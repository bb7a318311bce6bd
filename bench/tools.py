"""What a turn of an agent costs: runs of ten tool calls, of which the server's own CPU time is taken.

A run of MCP calls is one request, in which the server asks the model eleven times and the MCP server ten times; a run
of functions is eleven requests along a chain. What as many requests without a call cost is taken off, and the rest is
divided by the ten turns. The SDK that makes the MCP calls is measured by itself, so that what is our own can be told
from it. Not here: starting the server (`contestants`), the model (`agent_mock`).
"""

import contextlib
import http.client
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import uvloop
from mcp import Client

from bench.agent_mock import CALLS
from bench.processes import Child, ChildFailed, cpu_seconds
from bench.threads import ask

FUNCTION = {"type": "function", "name": "add", "parameters": {"type": "object", "properties": {}}}
PLAIN: dict[str, Any] = {"model": "mock", "input": "What is 2 + 3?"}


class Cost(NamedTuple):
    """Milliseconds of a turn: of the server's CPU, and on the clock, which the model and the tool are part of."""

    cpu_ms: float
    ms: float


class Agent:
    """Asks one server on one connection, and looks at the CPU time of its process."""

    def __init__(self, server: Child, connection: http.client.HTTPConnection, mcp_url: str) -> None:
        self._server = server
        self._connection = connection
        self._mcp = {"type": "mcp", "server_label": "bench", "server_url": mcp_url, "require_approval": "never"}

    def plain(self) -> None:
        """One answer without a call. Raises `ChildFailed`."""
        ask(self._connection, "/v1/responses", PLAIN)

    def mcp(self) -> None:
        """One answer with ten calls that the server makes. Raises `ChildFailed`."""
        answer = ask(self._connection, "/v1/responses", {**PLAIN, "tools": [self._mcp]})
        check([item["type"] for item in answer["output"]], ["mcp_list_tools", *["mcp_call"] * CALLS, "message"])

    def functions(self) -> None:
        """Ten answers with a call each that this client makes, and the last. Raises `ChildFailed`."""
        body = {**PLAIN, "tools": [FUNCTION]}
        for _ in range(CALLS):
            answer = ask(self._connection, "/v1/responses", body)
            [call] = answer["output"]
            check([call["type"]], ["function_call"])
            result = {"type": "function_call_output", "call_id": call["call_id"], "output": "5"}
            body = {**body, "previous_response_id": answer["id"], "input": [result]}
        check([item["type"] for item in ask(self._connection, "/v1/responses", body)["output"]], ["message"])

    def time(self, run: Callable[[], None], count: int) -> Cost:
        """What one of `count` runs costs as a whole, some before them apart. Raises `ChildFailed`."""
        for _ in range(max(count // 5, 1)):
            run()
        cpu, clock = cpu_seconds(self._server.pids()), time.perf_counter()
        for _ in range(count):
            run()
        cpu, clock = cpu_seconds(self._server.pids()) - cpu, time.perf_counter() - clock
        return Cost(cpu / count * 1000, clock / count * 1000)


def measure(server: Child, port: int, mcp_url: str, count: int) -> dict[str, Cost]:
    """What a turn costs, by who makes the calls. Raises `ChildFailed`."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        agent = Agent(server, connection, mcp_url)
        alone = agent.time(agent.plain, count * CALLS)
        return {
            "MCP calls": per_turn(agent.time(agent.mcp, count), alone, 1),
            "functions": per_turn(agent.time(agent.functions, count), alone, CALLS + 1),
            "MCP SDK alone": uvloop.run(sdk_alone(mcp_url, count * CALLS)),
        }


def per_turn(run: Cost, alone: Cost, requests: int) -> Cost:
    """What each of the turns adds to so many requests without any."""
    return Cost(*((whole - each * requests) / CALLS for whole, each in zip(run, alone, strict=True)))


async def sdk_alone(url: str, count: int) -> Cost:
    """What one of `count` calls costs the SDK's own client, in this process."""
    async with Client(url, cache=None) as client:
        for _ in range(max(count // 5, 1)):
            await client.call_tool("add", {"a": 2, "b": 3})
        cpu, clock = time.process_time(), time.perf_counter()
        for _ in range(count):
            await client.call_tool("add", {"a": 2, "b": 3})
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    return Cost(cpu / count * 1000, clock / count * 1000)


def check(found: list[str], due: list[str]) -> None:
    """That the run was one. Raises `ChildFailed`."""
    if found != due:
        raise ChildFailed(f"a run of {CALLS} calls had the items {json.dumps(found)}")
