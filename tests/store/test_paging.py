"""Ranges and pages as plain values; whole lists are paged through on every store in `operations/`."""

import pytest

from antiphon.store.pages import Order, Page, PageQuery
from antiphon.store.paging import Window, page, window


@pytest.mark.parametrize(
    ("order", "after", "before", "expected"),
    [
        ("asc", None, None, (None, None, False, False)),
        ("asc", 3, None, (3, None, False, False)),
        ("asc", None, 7, (None, 7, True, True)),
        ("asc", 3, 7, (3, 7, False, False)),
        ("desc", None, None, (None, None, True, False)),
        ("desc", 7, None, (None, 7, True, False)),
        ("desc", None, 3, (3, None, False, True)),
        ("desc", 7, 3, (3, 7, True, False)),
    ],
)
def test_which_range_is_read_from_which_end(
    order: Order, after: int | None, before: int | None, expected: tuple[int | None, int | None, bool, bool]
) -> None:
    read = window(PageQuery(order=order, limit=4), after, before)
    assert (read.low, read.high, read.falling, read.backwards) == expected
    assert read.limit == 5


def test_one_row_more_than_asked_says_that_the_list_goes_on() -> None:
    read: Window[int] = window(PageQuery(limit=2), None, None)
    assert page(["a", "b", "c"], read) == Page(["a", "b"], has_more=True)
    assert page(["a", "b"], read) == Page(["a", "b"], has_more=False)
    assert page([], read) == Page([], has_more=False)


def test_a_page_read_from_its_end_is_turned_round() -> None:
    read = window(PageQuery(limit=2), None, 9)
    assert page(["c", "b", "a"], read) == Page(["b", "c"], has_more=True)
