"""Shapes of answers, and what is another shape."""

import json
from typing import Any

from antiphon.cassettes.interaction import Answered, Chunk, End
from antiphon.cassettes.outline import changes, outline


def answer(*events: dict[str, Any], status: int = 200) -> Answered:
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()
    return Answered(status, {"content-type": "text/event-stream; charset=utf-8"}, (Chunk(0, body),), End.COMPLETE)


def test_values_are_no_shape_and_null_is_none() -> None:
    one = outline([answer({"type": "a", "n": 1, "list": [{"x": "1"}, {"y": True}], "none": None})])
    assert one == outline([answer({"type": "a", "n": 2.5, "list": [{"x": "2", "y": False}]})])
    assert one["a list[].y"] == {"boolean"}
    assert [set(one[name]) for name in ("status", "content-type")] == [{"200"}, {"text/event-stream"}]


def test_members_come_and_go_and_change_their_type() -> None:
    before = outline([answer({"type": "a", "old": 1, "id": "x"}), answer({"type": "b"})])
    after = outline([answer({"type": "a", "new": {}, "id": 7}, status=500)])
    assert changes(before, after) == [
        "- a old: number",
        "- b type: string",
        "+ a new: object",
        "~ a id: string → number",
        "~ status: 200 → 500",
    ]
    assert changes(before, before) == []
