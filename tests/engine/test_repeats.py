"""`without_repeats` on items written by hand."""

import json
from typing import Any

import pytest

from antiphon.engine.input import Item, read_item
from antiphon.engine.repeats import without_repeats
from antiphon.errors import InvalidRequest
from antiphon.sources import live

SOURCES = live()


def item(at: str = "input[0]", **fields: Any) -> Item:
    return read_item(json.dumps(fields).encode(), at, SOURCES)


def said(text: str, item_id: str | None = "msg_1", role: str = "user") -> Item:
    return item(role=role, content=text, **({"id": item_id} if item_id else {}))


def in_parts(*texts: str) -> Item:
    parts = [{"type": "output_text", "text": text, "annotations": []} for text in texts]
    return item(type="message", id="msg_1", role="user", content=parts, status="completed")


CALL: dict[str, Any] = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"}
REASONING: dict[str, Any] = {"type": "reasoning", "id": "rs_1", "summary": []}


@pytest.mark.parametrize(
    ("there", "again"),
    [
        (said("Hello"), said("Hello")),
        (said("Hello"), in_parts("Hel", "lo")),
        (item(**CALL), item(**CALL, status="completed")),
        (item(**REASONING), item(**REASONING, encrypted_content=None)),
        (item(type="message", id="m", role="user", content=[{"type": "refusal", "refusal": "no"}, {"type": "x"}]),
         item(id="m", role="user", content="no")),
    ],
)  # fmt: skip
def test_what_is_there_is_left_out(there: Item, again: Item) -> None:
    new = said("New", None)
    assert without_repeats([again, new], [there]) == [new]
    assert without_repeats([there, new, again], []) == [there, new]


@pytest.mark.parametrize(
    ("there", "other"),
    [
        (said("Hello"), said("Goodbye")),
        (said("Hello"), said("Hello", role="assistant")),
        (item(**CALL), item(**{**CALL, "arguments": "[]"})),
        (item(**REASONING), said("Hello", "rs_1")),
    ],
)
def test_one_id_for_two_items_is_refused(there: Item, other: Item) -> None:
    with pytest.raises(InvalidRequest, match=there.id) as refused:
        without_repeats([other], [there])
    assert refused.value.param == "input[0]"


def test_items_without_an_id_never_meet() -> None:
    items = [said("Hello", None), said("Hello", None)]
    assert without_repeats(items, items[:1]) == items[1:]
    assert without_repeats(items, []) == items
