"""Draws a trace as an SVG: `python scripts/trace_picture.py docs/pictures/trace.svg`.

An agent is run and what a collector got of it is drawn: a server is started as a user starts it, with a model that is
scripted, an MCP server in this process, and the collector of the tests. Not here: what a span says
(`antiphon/seen/spans.py`). Counterpart: docs/how-to/observe.md, which shows it.
"""

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from agent_scene import agent_on
from mcp_servers import workshop
from otel_collector import Seen, collecting
from running_server import Scene, Stage, running_server

from antiphon.testing import Reply, ScriptedUpstream, text, tool_call

WIDTH, ROW, LEFT, TOP = 900, 30, 250, 58
COLORS = {
    "response": "#3b5b92",
    "chat": "#2f8f6b",
    "execute_tool": "#b3672b",
    "list_tools": "#7a5ea8",
}
OTHER = "#8a8f98"
HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"
 font-family="ui-sans-serif, system-ui, sans-serif" font-size="13">"""
RUNS = 2
SETTINGS = '[otel]\nendpoint = "{}"\nevery = 0.1\n'


def picture(spans: Sequence[Seen]) -> str:
    """The spans of one trace, the first of them around all others."""
    root = min(spans, key=lambda span: span.start)
    whole = root.end - root.start
    height = TOP + ROW * len(spans) + 16
    parts = [
        HEAD.format(width=WIDTH, height=height),
        f"<title>{escape(root.name)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="26" font-weight="600" fill="#1d2330">trace {root.trace[:8]}…</text>',
        f'<text x="16" y="44" fill="#5b6270">{len(spans)} spans, {whole / 1e6:.0f} ms</text>',
    ]
    for index, span in enumerate(sorted(spans, key=lambda span: (span.start, span.parent != root.parent))):
        parts += _row(span, root, TOP + ROW * index)
    return "\n".join([*parts, "</svg>", ""])


def _row(span: Seen, root: Seen, y: int) -> list[str]:
    scale = (WIDTH - LEFT - 90) / (root.end - root.start)
    x, width = LEFT + (span.start - root.start) * scale, max((span.end - span.start) * scale, 2)
    color = COLORS.get(span.name.partition(" ")[0], OTHER)
    indent = 16 if span is root else 32
    return [
        f'<line x1="16" x2="{WIDTH - 16}" y1="{y + ROW - 3}" y2="{y + ROW - 3}" stroke="#eceef2"/>',
        f'<text x="{indent}" y="{y + 18}" fill="#1d2330">{escape(span.name)}</text>',
        f'<rect x="{x:.1f}" y="{y + 5}" width="{width:.1f}" height="17" rx="3" fill="{color}"/>',
        f'<text x="{x + width + 6:.1f}" y="{y + 18}" fill="#5b6270">{(span.end - span.start) / 1e6:.1f} ms</text>',
    ]


def agent_trace() -> list[Seen]:
    """The spans of one agent's run, as a collector got them."""
    stage = Stage()
    with (
        tempfile.TemporaryDirectory() as name,
        collecting() as collector,
        ScriptedUpstream(default=stage, models=["qwen3"]) as upstream,
    ):
        folder = Path(name)
        (folder / "antiphon.toml").write_text(SETTINGS.format(collector.url))
        with running_server("--upstream", f"ollama={upstream.url}", folder=folder) as server:
            asyncio.run(_ask(Scene(server, upstream, stage.script)))
            collector.wait(lambda seen: len([span for span in seen.spans if span.kind == "server"]) == RUNS)
        newest = max(collector.spans, key=lambda span: span.start).trace
        return [span for span in collector.spans if span.trace == newest]


async def _ask(scene: Scene) -> None:
    async with agent_on(scene, workshop()) as agent:
        # The first one waits for what is imported when it is first needed.
        for _ in range(RUNS):
            await agent.ask(*_script(), model="ollama/qwen3", input="What is 2 + 3, and then 5 + 5?")


def _script() -> list[Reply]:
    """Two tools, then two at once, then an answer."""
    first = tool_call("add", '{"a": 2, "b": 3}')
    both = tool_call("add", '{"a": 5, "b": 5}', id="c2") + tool_call("wait", '{"seconds": 0.03}', id="c3")
    return [first, both, text("It ", "is ", "10.")]


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture(agent_trace()))
