"""`apply_patch`: the model sees a function, the client an operation on a file."""

import json
from pathlib import Path
from typing import Any

import pytest
from engine_answers import Answered, answered, call
from recorded_kinds import kinds_of

CREATE = {"type": "create_file", "path": "a.md", "diff": "+x\n"}


def patched(operation: Any, finish: str = "tool_calls") -> Answered:
    written = operation if isinstance(operation, str) else json.dumps(operation)
    end = {"choices": [{"delta": {}, "finish_reason": finish}]}
    half = len(written) // 2
    return answered(
        call(0, "call_1", "apply_patch", written[:half]), call(0, arguments=written[half:]), end,
        tools=[{"type": "apply_patch"}],
    )  # fmt: skip


@pytest.mark.parametrize("operation", [CREATE, {**CREATE, "type": "update_file"}, {"operation": CREATE}])
def test_a_diff_is_shown_and_then_whole(operation: Any) -> None:
    answer = patched(operation)
    assert answer.names == [
        "output_item.added", "apply_patch_call_operation_diff.delta", "apply_patch_call_operation_diff.done",
        "output_item.done", "completed",
    ]  # fmt: skip
    (item,) = answer.output
    assert item["operation"] == operation.get("operation", operation)
    assert (item["type"], item["status"], item["call_id"]) == ("apply_patch_call", "completed", "call_1")
    assert answer.events[2]["item"]["operation"]["diff"] == ""


def test_a_file_that_goes_has_no_diff() -> None:
    answer = patched({"type": "delete_file", "path": "a.md"})
    assert answer.names == ["output_item.added", "output_item.done", "completed"]
    assert answer.output[0]["operation"] == {"type": "delete_file", "path": "a.md"}


@pytest.mark.parametrize("written", ["nonsense", "[]", '{"type": "rename", "path": 1, "diff": null}'])
def test_whatever_the_model_writes_is_an_item(written: str) -> None:
    (item,) = patched(written).output
    assert item["operation"]["type"] == "update_file"


def test_a_cut_patch_is_still_in_progress() -> None:
    (item,) = patched('{"type": "create_file", "pa', finish="length").output
    assert item["status"] == "in_progress"


@pytest.mark.recordings
def test_its_stream_is_as_recorded(traces_dir: Path) -> None:
    recorded = kinds_of(traces_dir / "openai" / "openai-apply-patch-tool.1.chunks.txt")
    assert kinds_of(patched(CREATE).events) == recorded
