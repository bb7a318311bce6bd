"""Items by themselves; their streams as a whole are checked in `test_turn.py`."""

from typing import Any

import msgspec
import pytest

from antiphon.engine.open_items import (
    Arguments,
    Citation,
    MessageItem,
    Piece,
    ReasoningItem,
    Refusal,
    SummarisedItem,
    Text,
    Thought,
)
from antiphon.wire.content import TextLogprob
from antiphon.wire.events import Event


def names(events: list[Event]) -> list[str]:
    return [str(type(event).__struct_config__.tag).removeprefix("response.") for event in events]


def last_item(events: list[Event]) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(events[-1]))["item"]
    return found


def message(*pieces: Piece) -> tuple[MessageItem, list[Event]]:
    item = MessageItem("msg_1")
    events = item.open(3, pieces)
    for piece in pieces:
        events += item.delta(piece)
    return item, events


def test_a_message_of_nothing_has_no_parts() -> None:
    item, events = message()
    assert names(events + item.close("completed")) == ["output_item.added", "output_item.done"]


def test_a_part_closes_when_another_kind_begins() -> None:
    item, events = message(Text("a"), Text("b"), Refusal("c"))
    assert names(events) == [
        "output_item.added", "content_part.added", "output_text.delta", "output_text.delta", "output_text.done",
        "content_part.done", "content_part.added", "refusal.delta",
    ]  # fmt: skip
    content = last_item(item.close("incomplete"))["content"]
    assert [part["type"] for part in content] == ["output_text", "refusal"]


def test_the_event_that_opens_a_part_stays_empty() -> None:
    """Events of one batch are encoded after all of them are made."""
    logprob = TextLogprob(token="a", bytes=[97], logprob=-1.0)
    _, events = message(Text("a", [logprob]), Citation({"type": "url_citation"}))
    opened = msgspec.json.decode(msgspec.json.encode(events[1]))
    assert opened["part"] == {"type": "output_text", "text": "", "annotations": [], "logprobs": []}


def test_more_text_is_the_same_as_another_piece_of_text() -> None:
    quick, _ = message(Text("a"))
    plain, _ = message(Text("a"))
    assert quick.in_text()
    assert [quick.more_text("b")] == plain.delta(Text("b"))
    assert quick.close("completed") == plain.close("completed")
    assert not quick.in_text()


def test_a_citation_may_come_first() -> None:
    item, events = message(Citation({"type": "url_citation"}))
    assert names(events)[1:] == ["content_part.added", "output_text.annotation.added"]
    assert last_item(item.close("completed"))["content"][0]["annotations"] == [{"type": "url_citation"}]


def test_reasoning_without_a_word_has_no_content() -> None:
    item = ReasoningItem("rs_1")
    events = item.open(0, []) + item.close("completed")
    assert names(events) == ["output_item.added", "output_item.done"]
    assert last_item(events)["content"] == []


@pytest.mark.parametrize(
    ("item", "piece"),
    [(MessageItem("msg_1"), Thought("x")), (MessageItem("msg_1"), Arguments("x")), (ReasoningItem("rs_1"), Text("x"))],
)
def test_a_piece_of_another_kind_is_a_fault_of_the_program(item: MessageItem | ReasoningItem, piece: Piece) -> None:
    item.open(0, [])
    with pytest.raises(TypeError):
        item.delta(piece)


def test_thinking_that_is_shown_as_its_own_summary() -> None:
    item = SummarisedItem("rs_1")
    events = [*item.open(0, ()), *item.delta(Thought("Hm, ")), *item.delta(Thought("well."))]
    events += item.close("completed")
    assert names(events) == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    last = last_item(events)
    assert (last["summary"], last["content"]) == ([{"type": "summary_text", "text": "Hm, well."}], [])


def test_a_summary_of_nothing_has_no_parts() -> None:
    item = SummarisedItem("rs_1")
    assert last_item([*item.open(0, ()), *item.close("incomplete")])["summary"] == []
    with pytest.raises(TypeError):
        item.delta(Text("x"))
