"""A page of a list: which part is asked for, and what was found. Not here: how rows are read (`paging.py`)."""

from typing import Generic, Literal, TypeVar

from msgspec import Struct

Row = TypeVar("Row")
Order = Literal["asc", "desc"]


class PageQuery(Struct, frozen=True, kw_only=True):
    """Which part of a list: at most `limit` rows, strictly behind the id `after`, strictly before the id `before`.

    Both are places in the list as it is ordered. With `before` alone the page is the one that ends there.
    """

    after: str | None = None
    before: str | None = None
    limit: int = 20
    order: Order = "desc"


class Page(Struct, Generic[Row], frozen=True):
    """Rows in the order asked for, and whether the list goes on in the direction of reading."""

    items: list[Row]
    has_more: bool
