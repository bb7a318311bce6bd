"""code_interpreter against a running server, with the official client: its stream, its containers, record and replay."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandboxes import table, unguarded
from tool_server import ToolServer, tool_server

from antiphon.testing import Reply, ScriptedUpstream, text, tool_call

AUTO = {"type": "code_interpreter", "container": {"type": "auto"}}
OUTPUTS = ["code_interpreter_call.outputs"]
CALL = "code_interpreter_call"


def python(code: str, **more: Any) -> Reply:
    return tool_call("python", json.dumps({"code": code, **more}))


@contextmanager
def coding(folder: Path, *script: Reply | Sequence[Reply], **flags: Any) -> Iterator[ToolServer]:
    """A server whose sandbox keeps nothing in, and a model that says `script`."""
    with (
        ScriptedUpstream(*script, models=["m"]) as upstream,
        tool_server(folder, table(unguarded(folder)), upstream, **flags) as server,
    ):
        yield server


def test_a_call_streams_its_code_and_shows_what_it_came_to(tmp_path: Path) -> None:
    with coding(tmp_path, python("print('hi')\n2 + 3"), text("Five.")) as server:
        told = server.ask(tools=[AUTO], include=OUTPUTS)
    call, message = told.output
    assert call == {
        "id": call["id"], "type": CALL, "status": "completed", "code": "print('hi')\n2 + 3",
        "container_id": call["container_id"], "outputs": [{"type": "logs", "logs": "hi\n5"}],
    }  # fmt: skip
    assert call["id"].startswith("ci_")
    assert call["container_id"].startswith("cntr_")
    assert message["content"][0]["text"] == "Five."
    assert server.told == "hi\n5"
    kinds = [kind for kind in told.kinds if "code_interpreter" in kind]
    kinds = [kind for index, kind in enumerate(kinds) if not kind.endswith("delta") or kinds[index - 1] != kind]
    assert kinds == [
        f"{CALL}.in_progress",
        f"{CALL}_code.delta",
        f"{CALL}_code.done",
        f"{CALL}.interpreting",
        f"{CALL}.completed",
    ]
    deltas = [event["delta"] for event in told.events if event["type"].endswith("code.delta")]
    assert "".join(deltas) == call["code"]
