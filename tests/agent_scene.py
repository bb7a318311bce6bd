"""A model with a real MCP server and the official client, and what one answer came to. Import as `agent_scene`.

Every stream is judged. Counterparts: `mcp_servers.py`, `running_server.py`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from judged_http import judge_stream
from mcp_servers import Workshop, serving
from running_server import Json, Scene

from antiphon.testing import Reply, tool_call

CALLED = ("mcp_call.in_progress", "mcp_call_arguments.delta", "mcp_call_arguments.done", "mcp_call.completed")
FAILED = (*CALLED[:-1], "mcp_call.failed")
LISTED = ("mcp_list_tools.in_progress", "mcp_list_tools.completed")
MESSAGE = ("content_part.added", "output_text.delta", "output_text.done", "content_part.done")
ADD = tool_call("add", '{"a": 2, "b": 3}')
F = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}


def item(*events: str) -> tuple[str, ...]:
    return ("output_item.added", *events, "output_item.done")


def whole(*items: tuple[str, ...]) -> list[str]:
    return ["created", "in_progress", *(event for one in items for event in one), "completed"]


@dataclass
class Told:
    """One answer that was streamed."""

    raw: bytes
    final: Json
    kinds: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        lines = self.raw.decode().splitlines()
        self.kinds = [line[7:].removeprefix("response.") for line in lines if line.startswith("event: ")]

    @property
    def output(self) -> list[Json]:
        return list(self.final["output"])

    @property
    def types(self) -> list[str]:
        return [one["type"] for one in self.output]

    @property
    def text(self) -> str:
        return str(self.output[-1]["content"][0]["text"])


@dataclass
class Agent:
    """A client, a workshop with an address, and the model's script."""

    scene: Scene
    client: Any
    shop: Workshop
    base: str

    def tool(self, **more: Any) -> Json:
        url = f"{self.base}/mcp"
        return {"type": "mcp", "server_label": "shop", "server_url": url, "require_approval": "never", **more}

    async def ask(self, *replies: Reply, **body: Any) -> Told:
        """One streamed answer, judged, of a model that says `replies`; without `tools` it has the workshop's."""
        self.scene.play(*replies)
        asked = {"model": "scripted/m", "input": "Hello?", "tools": [self.tool()], **body}
        async with self.client.responses.with_streaming_response.create(stream=True, **asked) as answer:
            raw = await answer.read()
        return Told(raw, judge_stream(raw))

    @property
    def messages(self) -> list[Json]:
        """What the model was told last."""
        return list(self.scene.calls[-1].json["messages"])


@asynccontextmanager
async def agent_on(scene: Scene, shop: Workshop) -> AsyncIterator[Agent]:
    async with serving(shop.app("streamable")) as base, scene.server.async_client() as client:
        yield Agent(scene, client, shop, base)
