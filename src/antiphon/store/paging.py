"""Which rows make up a page: places in a list to a range, a direction, and back to a page. Pure.

Not here: how a place is found or rows are read. Used by every store; a place is an int or a tuple of ints.
"""

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec import Struct

from antiphon.store.faults import no_cursor
from antiphon.store.pages import Page, PageQuery

MAX_DIGITS = 9

Place = TypeVar("Place")
Row = TypeVar("Row")


class Window(Struct, Generic[Place], frozen=True):
    """Read `limit` rows with places strictly between `low` and `high` (None: open), from the high end if `falling`.

    `limit` is one more than the page's, to see whether the list goes on. `backwards` means that the page
    was read from its end.
    """

    low: Place | None
    high: Place | None
    falling: bool
    backwards: bool
    limit: int


def window(query: PageQuery, after: Place | None, before: Place | None) -> Window[Place]:
    """The range to read; `after` and `before` are the places of the query's ids."""
    rising = query.order == "asc"
    low, high = (after, before) if rising else (before, after)
    backwards = before is not None and after is None
    return Window(low=low, high=high, falling=rising == backwards, backwards=backwards, limit=query.limit + 1)


def version_place(param: str, cursor: str | None, newest: int) -> int | None:
    """Where a version stands in the list of a prompt's versions: its number. Raises `NotFound`."""
    if cursor is None:
        return None
    if not cursor.isdecimal() or len(cursor) > MAX_DIGITS or not 1 <= int(cursor) <= newest:
        raise no_cursor(param, cursor)
    return int(cursor)


def page(rows: Sequence[Row], read: Window[Place]) -> Page[Row]:
    """The page, from rows in the order they were read."""
    wanted = list(rows[: read.limit - 1])
    if read.backwards:
        wanted.reverse()
    return Page(wanted, has_more=len(rows) == read.limit)
