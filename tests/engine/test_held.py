"""Messages that wait for a judgement: what they hold, and what becomes of them."""

from antiphon.engine.held import HeldMessage, drop, held_text, show
from antiphon.engine.open_items import Cited, Piece, Refusal, Text
from antiphon.engine.queue import Entry, ItemQueue
from antiphon.wire.content import TextLogprob
from antiphon.wire.events import OutputTextDone


def held(queue: ItemQueue, *pieces: Piece) -> Entry:
    entry = queue.begin(HeldMessage("msg_1"))
    for piece in pieces:
        assert queue.give(entry, piece) + queue.settle() == []
    return entry


def test_nothing_is_seen_of_it_before_it_is_judged() -> None:
    queue = ItemQueue(0)
    entry = held(queue, Text("{"), Text("}"))
    assert held_text([entry]) == "{}"


def test_one_that_fits_opens_with_its_text() -> None:
    queue = ItemQueue(0)
    known = [TextLogprob(token="{}", bytes=[], logprob=0.0, top_logprobs=[])]
    first, second = held(queue, Text(" {", known), Text("}")), held(queue, Text(" "))
    show([first, second], "{}")
    events = queue.flush(whole=True, last_status="completed")
    texts = [(event.text, len(event.logprobs)) for event in events if isinstance(event, OutputTextDone)]
    assert texts == [("{}", 1)]
    assert queue.entries == []


def test_one_that_does_not_fit_never_existed() -> None:
    queue = ItemQueue(0)
    drop([held(queue, Text("no"))])
    assert queue.flush(whole=True, last_status="completed") == []


def test_one_that_nobody_judged_is_shown() -> None:
    queue = ItemQueue(0)
    held(queue, Text("cut"))
    assert queue.flush(whole=False, last_status="incomplete") != []


def test_what_is_more_than_text_is_none() -> None:
    queue = ItemQueue(0)
    assert held_text([held(queue, Text("I"), Refusal("won't"))]) is None
    assert held_text([held(queue, Text("a"), Cited({}, "b"))]) == "ab"
    assert held_text([]) == ""
