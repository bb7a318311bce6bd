"""The face of `code_interpreter`: code streamed out of its JSON, and where it runs."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.kinds.code_interpreter import CodeInterpreterFace, Place, code_in, read_place
from antiphon.engine.kinds.face import Binding, Outcome
from antiphon.engine.notes import Notes
from antiphon.errors import InvalidRequest
from antiphon.wire.events import CodeDelta, CodeDone

OWN = Place("cntr_own")
CODE = 'print("é\\n\U0001f600")\n'
ARGUMENTS = msgspec.json.encode({"code": CODE}).decode()


def face() -> CodeInterpreterFace:
    binding = Binding(CodeInterpreterFace, "code_interpreter", {"place": OWN})
    made = CodeInterpreterFace("ci_1", "call_1", "python", binding)
    made.output_index = 0
    return made


@given(st.lists(st.integers(1, len(ARGUMENTS) - 1), unique=True).map(sorted))
def test_code_streams_however_its_json_is_split(cuts: list[int]) -> None:
    made = face()
    pieces = [ARGUMENTS[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(ARGUMENTS)], strict=True)]
    events = [event for piece in pieces for event in made.delta(piece)]
    *rest, done, interpreting = made.last(ARGUMENTS)
    deltas = [event.delta for event in [*events, *rest] if isinstance(event, CodeDelta)]
    assert "".join(deltas) == CODE
    assert isinstance(done, CodeDone)
    assert done.code == CODE
    assert type(interpreting).__name__ == "CodeInterpreting"
    assert made.item("completed", ARGUMENTS).code == CODE


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('{"code": "x"}', "x"), ("x = [1]", "x = [1]"), ('{"source": "x"}', "x"), ("{}", ""), ("", ""),
        ('{"a": 1, "code": "x"}', "x"), ('"x"', "x"), ("[1, 2]", "[1, 2]"),
    ],
)  # fmt: skip
def test_code_of_any_form(arguments: str, code: str) -> None:
    assert code_in(arguments) == code


def test_an_item_has_its_outputs_once_they_are_there() -> None:
    outputs = [{"type": "logs", "logs": "1"}]
    assert face().item("completed", "{}", Outcome("1", shown={"outputs": outputs})).outputs == outputs
    assert face().item("in_progress", "").outputs is None


def test_a_failed_call_is_failed() -> None:
    outcome = Outcome(error={"message": "No."})
    assert face().item("completed", "{}", outcome).status == "failed"
    assert face().ended(outcome) == []


@pytest.mark.parametrize(
    ("container", "place"),
    [
        ({"type": "auto"}, OWN),
        ({"type": "auto", "memory_limit": "4g"}, Place("cntr_own", memory_limit="4g")),
        ("cntr_mine", Place("cntr_mine", named=True)),
        ("cntr_own", Place("cntr_own", named=True, used_before=True)),
    ],
)
def test_where_code_runs(container: Any, place: Place) -> None:
    notes = Notes()
    assert read_place({"type": "code_interpreter", "container": container}, "tools[0]", OWN, notes) == place
    assert notes.ignored == []


def test_a_tool_without_a_container_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"tools\[0\]\.container"):
        read_place({"type": "code_interpreter"}, "tools[0]", OWN, Notes())
