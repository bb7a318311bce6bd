"""The text of an item, for a line in a list."""

import json
from typing import Any

from antiphon.console.texts import text_of
from antiphon.wire.answers import StoredItem


def item(**members: Any) -> StoredItem:
    return StoredItem("i", json.dumps(members).encode())


def message(role: str, *parts: str) -> StoredItem:
    return item(type="message", role=role, content=[{"type": "input_text", "text": text} for text in parts])


def test_the_text_of_a_line() -> None:
    assert text_of(message("user", "one", "two")) == "one\ntwo"
    assert text_of(item(type="function_call", name="add")) == "add"
    assert text_of(item(type="function_call_output", call_id="c", output="3")) == "result of c: 3"
    assert text_of(b'{"type":"reasoning"}') == "reasoning"
    assert text_of(None) == ""
