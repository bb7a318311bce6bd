"""The rows of the compatibility page: which there are, and what is said of them."""

import judge
import pytest
from openai.types import responses as sdk

from antiphon.engine.dialects import DIALECTS
from compatibility import APPROXIMATED, HONOURED, IGNORED, RECORDED, Row, dialects, everywhere, is_about, rows, types

ROWS = {f"{row.kind}:{row.name}": row for row in rows()}


def test_everything_of_the_sdk_has_a_row() -> None:
    wanted = {f"event:{name}" for name in judge.EVENTS}
    wanted |= {f"tool:{name}" for name in types(sdk.Tool)}
    wanted |= {f"input:{name}" for name in types(sdk.ResponseInputItem)}
    assert ROWS.keys() >= wanted
    assert "input:message" in wanted
    assert "tool:web_search_preview_2025_03_11" in wanted


def test_what_is_asked_of_the_engine() -> None:
    assert ROWS["field:temperature"].by == everywhere(HONOURED)
    assert ROWS["field:safety_identifier"].by == {**everywhere(IGNORED), "openai": HONOURED}
    assert ROWS["choice:function"].by == {**everywhere(HONOURED), "ollama": APPROXIMATED}
    assert set(ROWS["input:function_call_output"].by.values()) == {HONOURED}
    assert set(ROWS["input:reasoning"].by.values()) == {HONOURED, IGNORED}
    assert ROWS["event:response.audio.delta"].words == "ignored; never sent"
    assert ROWS["tool:web_search"].words == "honoured; where it is set up; a 400 says how elsewhere"


def test_evidence_is_asked_for_fields_by_dialect() -> None:
    assert ROWS["tool:mcp"].evidence == ["tool:mcp"]
    assert ROWS["field:user"].evidence == [f"field:user@{name}" for name in DIALECTS]


def test_words_tell_the_exceptions() -> None:
    by = {**everywhere(HONOURED), "ollama": IGNORED, "vllm": APPROXIMATED}
    assert Row("field", "x", by).words == "honoured by most; approximated by vllm; ignored by ollama"
    assert Row("field", "x", everywhere(IGNORED), "never sent").words == "ignored; never sent"


@pytest.mark.parametrize(
    ("note", "path", "means"),
    [
        ("tools[0]", "tools", True),
        ("tools[0].format", "tools", True),
        ("prompt", "prompt.id", True),
        ("reasoning.effort", "reasoning.summary", False),
        ("tool_choice", "tools", False),
    ],
)
def test_what_a_note_is_about(note: str, path: str, means: bool) -> None:  # noqa: FBT001 - a row's value
    assert is_about(note, path) is means


def test_dialects_say_where_they_are_read() -> None:
    lines = {line.split("`")[1]: line for line in dialects().splitlines()[2:]}
    assert lines.keys() == DIALECTS.keys() >= RECORDED
    for name in ("llamacpp", "lmstudio", "deepseek", "openrouter"):
        assert "from documentation, not from a recording" in lines[name]
    assert "recordings" in lines["ollama"]
