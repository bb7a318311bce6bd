"""MCP in a stream: lists, calls, and requests for approval."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from engine_answers import Answered, call, decode_chunk, emitted, planned, sources
from engine_answers import checked as judged
from recorded_kinds import kinds_of

from antiphon.engine.commands import CallTool, Command, ListTools
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.kinds.mcp import approval_text, tool_error
from antiphon.engine.own import Unkeyed, mark_of, marked
from antiphon.engine.replies import Reply, ToolDone, ToolsListed, UpstreamChunks, UpstreamDone, UpstreamOpened
from antiphon.engine.run import Run
from antiphon.wire.mcp import ListedTool, McpTool

TOOL = {"type": "mcp", "server_label": "s", "server_url": "http://127.0.0.1/mcp"}
LISTED = ToolsListed("s", [ListedTool(name="f", input_schema={"type": "object"})])


def chunks(*given: dict[str, Any]) -> list[Reply]:
    read = [UpstreamChunks([decode_chunk(msgspec.json.encode(one))]) for one in given]
    return [UpstreamOpened(), *read, UpstreamDone(marked=True)]


THOUGHT = {"choices": [{"delta": {"reasoning": "Hm."}}]}
CALLED = call(0, "call_1", "f", '{"a": 1}')
SAID = {"choices": [{"delta": {"content": "5."}}]}


class Talk:
    """A run that is told replies; tools answer as `outcome` says."""

    def __init__(self, outcome: Outcome, **fields: Any) -> None:
        self.run = Run(planned(store=False, **fields).plan, sources())
        self.outcome = outcome
        self.events: list[dict[str, Any]] = []
        self.called: list[CallTool] = []
        self.take(self.run.start())

    def take(self, commands: list[Command]) -> None:
        self.events += emitted(commands)
        for command in commands:
            if isinstance(command, ListTools):
                self.take(self.run.handle(LISTED))
            elif isinstance(command, CallTool):
                self.called.append(command)
                self.take(self.run.handle(ToolDone(command.item_id, self.outcome)))

    def tell(self, *replies: Reply) -> "Talk":
        for reply in replies:
            self.take(self.run.handle(reply))
        return self

    @property
    def answer(self) -> Answered:
        return judged(self.events)


def never(outcome: Outcome | None = None) -> Talk:
    return Talk(outcome or Outcome("5"), tools=[{**TOOL, "require_approval": "never"}])


@pytest.mark.parametrize(
    ("outcome", "ended", "status"),
    [(Outcome("5"), "completed", "completed"), (Outcome(error=tool_error("No.")), "failed", "failed")],
)
def test_a_call_ends_with_what_the_tool_gave(outcome: Outcome, ended: str, status: str) -> None:
    talk = never(outcome).tell(*chunks(CALLED), *chunks(SAID))
    (one,) = talk.called
    assert (one.tool, one.about["name"], one.arguments) == ("mcp", "f", '{"a": 1}')
    assert f"mcp_call.{ended}" in talk.answer.names
    item = talk.answer.output[1]
    assert (item["status"], item["output"], item["error"]) == (status, outcome.output, outcome.error)


def test_a_request_for_approval_holds_the_call_and_its_digest() -> None:
    item = Talk(Outcome("5"), tools=[TOOL]).tell(*chunks(CALLED)).answer.output[1]
    assert mark_of(item["id"]) == mark("f", '{"a": 1}')
    assert (item["server_label"], item["name"], item["arguments"]) == ("s", "f", '{"a": 1}')


def mark(name: str, arguments: str, **server: str) -> str:
    tool = msgspec.convert({**TOOL, **server}, McpTool)
    return Unkeyed().mark(approval_text(tool, name, arguments))


def test_another_call_has_another_mark() -> None:
    others = [
        mark("f", "{}", server_label="t"),
        mark("f", "{}", server_url="http://127.0.0.1/x"),
        mark("g", "{}"),
        mark("f", "{ }"),
    ]
    assert len({*others, mark("f", "{}")}) == 5


@pytest.mark.recordings
def test_a_request_for_approval_is_as_recorded(traces_dir: Path) -> None:
    recorded = kinds_of(traces_dir / "openai" / "openai-mcp-tool-approval.1.chunks.txt")
    made = kinds_of(Talk(Outcome("5"), tools=[TOOL]).tell(*chunks(THOUGHT, CALLED)).events)
    assert without_thoughts(made) == without_thoughts(recorded)


@pytest.mark.recordings
def test_a_call_that_was_approved_is_as_recorded(traces_dir: Path) -> None:
    recorded = kinds_of(traces_dir / "openai" / "openai-mcp-tool-approval.4.chunks.txt")
    key = marked("mcpr_1", mark("f", "{}"))
    asked = {"type": "mcp_approval_request", "id": key, "server_label": "s", "name": "f"}
    approved = {"type": "mcp_approval_response", "approval_request_id": key, "approve": True}
    talk = Talk(
        Outcome("5"), tools=[TOOL], input=[{"role": "user", "content": "hi"}, {**asked, "arguments": "{}"}, approved]
    )
    made = kinds_of(talk.tell(*chunks(SAID)).events)
    # The recording says twice, about one call, that it is in progress.
    twice = recorded.index("mcp_call_arguments.delta") + 1
    assert recorded.pop(twice) == "mcp_call.in_progress"
    assert made == recorded


def without_thoughts(kinds: list[str]) -> list[str]:
    """Without what is shown of reasoning, which the recorded server shows nothing of."""
    return [kind for kind in kinds if not kind.startswith(("reasoning_text", "content_part"))]
