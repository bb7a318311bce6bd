"""What every face has in common."""

import pytest

from antiphon.engine.kinds.face import Binding, Face, Outcome, arguments_in


@pytest.mark.parametrize(
    ("text", "arguments"),
    [('{"a": 1}', {"a": 1}), ("[1]", {}), ("", {}), ("{", {}), ('"a"', {}), ("[" * 10_000, {})],
)
def test_arguments_are_an_object_whatever_was_written(text: str, arguments: dict[str, int]) -> None:
    assert arguments_in(text) == arguments


def test_a_face_that_says_nothing_says_nothing() -> None:
    face = Face("f_1", "call_1", "f", Binding(Face))
    face.output_index = 2
    assert [face.first(), face.delta("x"), face.last("x"), face.ended(Outcome("y"))] == [[], [], [], []]
    assert face.place == {"item_id": "f_1", "output_index": 2}
    with pytest.raises(NotImplementedError):
        face.item("completed", "{}")
