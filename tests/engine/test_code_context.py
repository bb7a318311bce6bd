"""The container of a conversation."""

import json

from antiphon.engine.code_context import container_of
from antiphon.engine.input import read_items
from antiphon.engine.kinds.code_interpreter import Place
from antiphon.sources import seeded


def test_the_last_call_says_it() -> None:
    items = [
        {"type": "code_interpreter_call", "id": f"ci_{name}", "container_id": name, "code": "x", "status": "completed"}
        for name in ("cntr_1", "cntr_2")
    ]
    raw = [json.dumps(item).encode() for item in [*items, {"role": "user", "content": "And?"}]]
    read = read_items(raw, "input", seeded("x", 0))  # type: ignore[arg-type] # bytes are as good as Raw
    assert container_of(read, "resp_1") == Place("cntr_2", used_before=True)


def test_without_one_it_is_the_responses_own() -> None:
    assert container_of([], "resp_0190ab") == Place("cntr_0190ab")
