"""The item of a compaction, as events."""

from antiphon.engine.kinds.compaction import CompactionItem
from antiphon.wire import events as ev


def kinds(*, asked_for: bool) -> list[type]:
    item = CompactionItem("cmp_1", "sealed", asked_for=asked_for)
    return [type(event) for event in [*item.open(2, []), *item.close("completed")]]


def test_by_threshold_it_is_added_and_done() -> None:
    assert kinds(asked_for=False) == [ev.OutputItemAdded, ev.OutputItemDone]


def test_by_a_trigger_it_says_that_it_was_made() -> None:
    assert kinds(asked_for=True) == [ev.OutputItemAdded, ev.CompactionCompacting, ev.OutputItemDone]


def test_nothing_is_in_it_before_it_is_done() -> None:
    item = CompactionItem("cmp_1", "sealed", asked_for=False)
    first, last = *item.open(2, []), *item.close("completed")
    assert isinstance(first, ev.OutputItemAdded)
    assert isinstance(last, ev.OutputItemDone)
    assert b"sealed" not in bytes(first.item)
    assert b"sealed" in bytes(last.item)
    assert (first.output_index, last.output_index) == (2, 2)
