"""Steps that several operations share: keys, items with their blobs put back, ranges, lists as one parameter.

Not a whole operation. Counterparts: `paging.py` (which range), `blobs.py` (what was taken out).
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from antiphon.errors import AntiphonError
from antiphon.store.asks import Fetch, Rows, Steps
from antiphon.store.blobs import attach, names
from antiphon.store.faults import no_cursor, storable
from antiphon.store.pages import Page, PageQuery
from antiphon.store.paging import Window, page, window
from antiphon.store.records import Record
from antiphon.wire.answers import StoredItem

ROWS = 50
"""How many rows an export reads at a time."""
LOWEST = -1
HIGHEST = 2**63 - 1


class Batch(msgspec.Struct, frozen=True):
    """Some rows of one kind to be exported, and the key to go on after; None when there are no more."""

    records: list[Record]
    after: int | None


def batch_of(rows: Rows, records: list[Record]) -> Batch:
    """The batch; `rows` begin with the key."""
    return Batch(records, rows[-1][0] if len(rows) == ROWS else None)


def as_list(values: object) -> str:
    """A list as one JSON text, the form in which statements take it."""
    return msgspec.json.encode(values).decode()


def new_keys(count: int) -> Steps[list[int]]:
    """Unused keys, rising."""
    rows = yield Fetch("new_keys", {"count": count})
    return [row[0] for row in rows]


def one_row(query: str, project: str, row_id: str, missing: AntiphonError) -> Steps[Any]:
    """The row a statement finds by project and id; raises `missing` when there is none."""
    if not storable(row_id):
        raise missing
    rows = yield Fetch(query, {"project": project, "id": row_id})
    if not rows:
        raise missing
    return rows[0]


def whole_items(project: str, rows: Rows) -> Steps[list[StoredItem]]:
    """Items from rows that end with `id, blobs, raw`, with what was taken out put back."""
    wanted = sorted({name for row in rows if row[-2] for name in names(row[-1])})
    kept: dict[str, bytes] = {}
    if wanted:
        found = yield Fetch("blob_bytes", {"project": project, "hashes": as_list(wanted)})
        kept = {row[0]: row[1] for row in found}
    return [StoredItem(row[-3], attach(row[-1], kept) if row[-2] else row[-1]) for row in rows]


def item_page(project: str, lists: str, where: dict[str, int], query: PageQuery) -> Steps[Page[StoredItem]]:
    """A page of the list that the statements `<lists>_place`, `_rising` and `_falling` know, by their parameters."""
    after = yield from _place(lists, where, "after", query.after)
    before = yield from _place(lists, where, "before", query.before)
    read: Window[int] = window(query, after, before)
    rows = yield Fetch(
        f"{lists}_falling" if read.falling else f"{lists}_rising",
        {
            **where,
            "low": LOWEST if read.low is None else read.low,
            "high": HIGHEST if read.high is None else read.high,
            "limit": read.limit,
        },
    )
    return page((yield from whole_items(project, rows)), read)


def _place(lists: str, where: dict[str, int], param: str, cursor: str | None) -> Steps[int | None]:
    """Where the cursor stands in the list; None without one."""
    if cursor is None:
        return None
    rows: Sequence[Any] = []
    if storable(cursor):
        rows = yield Fetch(f"{lists}_place", {**where, "id": cursor})
    if not rows or rows[0][0] is None:
        raise no_cursor(param, cursor)
    place: int = rows[0][0]
    return place
