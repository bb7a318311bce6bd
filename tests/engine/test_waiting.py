"""Items that stand behind a call that waits, there and back."""

import msgspec
import pytest

from antiphon.engine.held import HeldMessage
from antiphon.engine.kinds.compaction import CompactionItem
from antiphon.engine.open_items import (
    Arguments,
    Citation,
    Cited,
    CitedLink,
    MessageItem,
    Piece,
    Progress,
    ReasoningItem,
    Refusal,
    SummarisedItem,
    Text,
    Thought,
)
from antiphon.engine.queue import Entry
from antiphon.engine.run_state import KeptWords
from antiphon.engine.waiting import kept_items, pieces_of, words_of
from antiphon.wire.content import TextLogprob

PIECES: list[Piece] = [
    Text("A", [TextLogprob(token="A", bytes=[65], logprob=-0.5)]),
    Refusal("No."),
    Citation({"type": "url_citation"}),
    Cited({"url": "u"}, "u"),
    CitedLink({"url": "u"}, 3, 1),
]


def there_and_back(entry: Entry) -> KeptWords:
    (kept,) = kept_items([entry])
    assert isinstance(kept, KeptWords)
    return msgspec.json.decode(msgspec.json.encode(kept), type=KeptWords)


def test_words_come_back_with_all_their_pieces() -> None:
    item = MessageItem("msg_1")
    item.phase = "commentary"
    kept = there_and_back(Entry(item, list(PIECES)))
    assert pieces_of(kept) == PIECES
    back = words_of(kept, MessageItem, ReasoningItem)
    assert isinstance(back, MessageItem)
    assert (back.id, back.phase) == ("msg_1", "commentary")


def test_thoughts_come_back() -> None:
    kept = there_and_back(Entry(ReasoningItem("rs_1"), [Thought("Hm."), Thought("Yes.")]))
    assert pieces_of(kept) == [Thought("Hm."), Thought("Yes.")]
    assert isinstance(words_of(kept, MessageItem, SummarisedItem), SummarisedItem)


def test_what_was_judged_stays_judged() -> None:
    item = HeldMessage("msg_1")
    item.fits = True
    kept = there_and_back(Entry(item, [Text("{}")]))
    back = words_of(kept, HeldMessage, ReasoningItem)
    assert isinstance(back, HeldMessage)
    assert back.fits


def test_what_a_tool_showed_meanwhile_is_gone() -> None:
    kept = there_and_back(Entry(MessageItem("msg_1"), [Progress("x"), Arguments("y"), Text("A", [])]))
    assert pieces_of(kept) == [Text("A", [])]


def test_nothing_else_waits() -> None:
    with pytest.raises(TypeError):
        kept_items([Entry(CompactionItem("cmp_1", "s", asked_for=False))])
