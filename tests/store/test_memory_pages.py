"""A page of rows in memory."""

import pytest
from stored_files import file

from antiphon.errors import NotFound
from antiphon.store.memory_pages import page_of
from antiphon.store.pages import PageQuery

ROWS = [file(name) for name in "abcd"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (PageQuery(order="asc"), "abcd"),
        (PageQuery(limit=2), "dc"),
        (PageQuery(after="c"), "ba"),
        (PageQuery(before="b", limit=1), "c"),
        (PageQuery(after="a", before="d", order="asc"), "bc"),
    ],
)
def test_pages(query: PageQuery, expected: str) -> None:
    assert "".join(row.id for row in page_of(ROWS, query).items) == expected


def test_a_cursor_may_name_a_row_that_is_left_out() -> None:
    assert [row.id for row in page_of(ROWS, PageQuery(after="c"), lambda row: row.id < "b").items] == ["a"]
    with pytest.raises(NotFound, match="'before'"):
        page_of(ROWS, PageQuery(before="e"))
