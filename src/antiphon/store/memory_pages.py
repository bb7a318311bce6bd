"""A page of rows that are all in memory. Pure. Counterpart: `paging.py`, which says what a page is."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from antiphon.store.faults import no_cursor
from antiphon.store.pages import Page, PageQuery
from antiphon.store.paging import page as whole_page
from antiphon.store.paging import window


class Named(Protocol):
    """A row that a cursor can name."""

    @property
    def id(self) -> str:
        """Its id."""
        ...


Row = TypeVar("Row", bound=Named)


def page_of(rows: Sequence[Row], query: PageQuery, wanted: Callable[[Row], bool] = lambda _: True) -> Page[Row]:
    """A page of a list in its natural order; cursors may name rows that the filter leaves out."""
    places = {row.id: place for place, row in enumerate(rows)}
    for param, cursor in (("after", query.after), ("before", query.before)):
        if cursor is not None and cursor not in places:
            raise no_cursor(param, cursor)
    after = places[query.after] if query.after is not None else None
    before = places[query.before] if query.before is not None else None
    read = window(query, after, before)
    low = 0 if read.low is None else read.low + 1
    chosen = [row for row in rows[low : read.high] if wanted(row)]
    if read.falling:
        chosen.reverse()
    return whole_page(chosen[: read.limit], read)
