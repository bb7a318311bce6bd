"""The order of the wire, with items that say only that they spoke."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.open_items import MessageItem, Piece, ReasoningItem, Text, Thought
from antiphon.engine.queue import ItemQueue
from antiphon.wire.events import Event, OutputItemAdded, OutputItemDone


class Slow(MessageItem):
    """A message that opens and completes when it is told to."""

    def __init__(self, item_id: str) -> None:
        super().__init__(item_id)
        self.may_open = self.may_close = False

    def ready(self, held: Sequence[Piece]) -> bool:
        return self.may_open and bool(held)

    def complete(self) -> bool:
        return self.may_close

    def possible(self) -> bool:
        return self.may_open


def in_short(events: list[Event]) -> str:
    """`+0` where the item at 0 is added, `-0` where it is done, `.` for anything else."""
    signs = {OutputItemAdded: "+", OutputItemDone: "-"}
    return "".join(signs[type(e)] + str(e.output_index) if isinstance(e, OutputItemAdded | OutputItemDone) else "." for e in events)  # fmt: skip


def test_an_item_opens_with_its_first_piece_and_closes_for_the_next() -> None:
    queue = ItemQueue(0)
    first = queue.begin(MessageItem("msg_1"))
    assert queue.settle() == []
    queue.give(first, Text("a"))
    assert in_short(queue.settle()) == "+0.."
    second = queue.begin(ReasoningItem("rs_1"))
    queue.give(second, Thought("b"))
    assert in_short(queue.settle()) == "..-0+1.."
    assert in_short(queue.flush(whole=True, last_status="completed")) == "..-1"
    assert queue.last() is None


def test_indexes_begin_where_they_are_told_to() -> None:
    queue = ItemQueue(5)
    queue.give(queue.begin(MessageItem("msg_1")), Text("a"))
    assert in_short(queue.flush(whole=True, last_status="completed")) == "+5....-5"


def test_a_later_item_waits_with_its_pieces() -> None:
    queue, slow = ItemQueue(0), Slow("msg_1")
    first = queue.begin(slow)
    second = queue.begin(MessageItem("msg_2"))
    assert queue.give(first, Text("a")) + queue.give(second, Text("b")) + queue.settle() == []
    slow.may_open = True
    assert in_short(queue.settle()) == "+0.."
    assert queue.give(second, Text("c")) + queue.settle() == []
    slow.may_close = True
    assert in_short(queue.settle()) == "..-0+1..."


def test_a_closed_item_takes_nothing_more() -> None:
    queue = ItemQueue(0)
    first = queue.begin(MessageItem("msg_1"))
    queue.give(first, Text("a"))
    queue.settle()
    queue.give(queue.begin(MessageItem("msg_2")), Text("b"))
    queue.settle()
    assert queue.give(first, Text("late")) == []


def test_what_cant_exist_is_left_out_at_the_end() -> None:
    queue = ItemQueue(0)
    queue.give(queue.begin(Slow("msg_1")), Text("a"))
    queue.give(queue.begin(MessageItem("msg_2")), Text("b"))
    assert queue.settle() == []
    assert in_short(queue.flush(whole=True, last_status="completed")) == "+0....-0"


def statuses(events: list[Event]) -> list[bytes]:
    marks = (b"completed", b"incomplete")
    done = [bytes(event.item) for event in events if isinstance(event, OutputItemDone)]
    return [next(mark for mark in marks if b'"status":"' + mark in item) for item in done]


def test_in_a_broken_stream_only_what_is_complete_is_completed() -> None:
    queue = ItemQueue(0)
    for key, complete in (("msg_1", True), ("msg_2", False), ("msg_3", True)):
        slow = Slow(key)
        slow.may_open, slow.may_close = True, complete
        queue.give(queue.begin(slow), Text("a"))
    found = statuses(queue.flush(whole=False, last_status="incomplete"))
    assert found == [b"completed", b"incomplete", b"incomplete"]


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=20))
def test_any_order_of_pieces_leaves_in_order(steps: list[tuple[int, bool]]) -> None:
    """Each item is added once, in order, and done before the next; no piece is lost but those after its end."""
    queue = ItemQueue(0)
    slow = [Slow(f"msg_{number}") for number in range(4)]
    entries = [queue.begin(item) for item in slow]
    events: list[Event] = []
    for number, opens in steps:
        slow[number].may_open |= opens
        events += queue.give(entries[number], Text("x")) + queue.settle()
        slow[number].may_close = True
    for item in slow:
        item.may_open = True
    events += queue.flush(whole=True, last_status="completed")
    order = in_short(events).replace(".", "")
    assert order == "".join(f"+{number}-{number}" for number in range(4))
