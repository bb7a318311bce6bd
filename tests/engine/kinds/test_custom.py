"""Custom tools: a function with one string for the model, free text for the client."""

from pathlib import Path

import pytest
from engine_answers import Answered, answered, call
from recorded_kinds import kinds_of

from antiphon.engine.kinds.custom import custom_function

TOOL = {"type": "custom", "name": "write_sql", "description": "SQL."}
GRAMMAR = {"type": "grammar", "syntax": "regex", "definition": "SELECT .*"}


def asked_for(*pieces: str, finish: str = "tool_calls") -> Answered:
    end = {"choices": [{"delta": {}, "finish_reason": finish}]}
    return answered(call(0, "call_1", "write_sql"), *(call(0, arguments=piece) for piece in pieces), end, tools=[TOOL])


@pytest.mark.parametrize(
    ("pieces", "deltas"),
    [
        (['{"input": "SEL', "ECT", ' 1"}'], ["SEL", "ECT", " 1"]),
        (['{"input": "SELECT 1"}'], ["SELECT 1"]),
        (["SELECT 1"], ["SELECT 1"]),
        (['{"sql": "SELECT', ' 1"}'], ["SELECT 1"]),
    ],
)
def test_its_input_is_the_text_itself(pieces: list[str], deltas: list[str]) -> None:
    answer = asked_for(*pieces)
    assert answer.names == [
        "output_item.added", *["custom_tool_call_input.delta"] * len(deltas), "custom_tool_call_input.done",
        "output_item.done", "completed",
    ]  # fmt: skip
    assert [event["delta"] for event in answer.events if event["type"].endswith(".delta")] == deltas
    (item,) = answer.output
    assert (item["type"], item["name"], item["call_id"]) == ("custom_tool_call", "write_sql", "call_1")
    assert (item["input"], item["status"]) == ("SELECT 1", "completed")


def test_nothing_is_no_text() -> None:
    answer = asked_for()
    assert answer.output[0]["input"] == ""
    assert "custom_tool_call_input.delta" not in answer.names


def test_a_cut_input_is_incomplete() -> None:
    (item,) = asked_for('{"input": "SEL', finish="length").output
    assert (item["input"], item["status"]) == ("SEL", "incomplete")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "SQL."),
        ({"format": {"type": "text"}}, "SQL."),
        ({"format": GRAMMAR}, "SQL.\n\nThe input must match this regex grammar:\nSELECT .*"),
        ({"format": GRAMMAR, "description": None}, "The input must match this regex grammar:\nSELECT .*"),
        ({"description": None}, None),
    ],
)
def test_a_grammar_stands_in_the_description(more: dict[str, object], said: str | None) -> None:
    from_request = custom_function({**TOOL, **more})
    assert from_request.get("description") == said
    assert from_request["parameters"]["required"] == ["input"]


@pytest.mark.recordings
def test_its_stream_is_as_recorded(traces_dir: Path) -> None:
    recorded = kinds_of(traces_dir / "openai" / "openai-custom-tool.1.chunks.txt")
    made = kinds_of(asked_for('{"input": "SELECT *', ' FROM x"}').events)
    # The recording is cut: it lacks the event that ends the input.
    assert [kind for kind in made if not kind.endswith("input.done")] == recorded
