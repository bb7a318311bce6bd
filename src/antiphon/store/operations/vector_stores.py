"""Vector stores: their rows, finding them by time, and the model of their vectors.

Not here: their files (`vector_files.py`), their passages (`passages.py`). Counterpart: `sql/queries/vectors.sql`.
"""

from typing import Any

import msgspec

from antiphon.store.asks import Fetch, Steps
from antiphon.store.faults import no_cursor, taken
from antiphon.store.operations.rows import HIGHEST, LOWEST, as_list, one_row
from antiphon.store.pages import Page, PageQuery
from antiphon.store.paging import Window, page, window
from antiphon.store.vector_faults import no_vector_store
from antiphon.store.vectors import FileCounts, VectorStore

Moment = tuple[int, int]
NONE = FileCounts()
VERSION, KEY = 10, 11
"""Where these stand in a row."""


def create(project: str, store: VectorStore) -> Steps[None]:
    """A new store."""
    if (yield Fetch("find_vector_store", {"project": project, "id": store.id})):
        raise taken("vector store", store.id)
    same = ("id", "created_at", "name", "description", "expires_days", "last_active_at", "model", "dimension")
    row: dict[str, Any] = {name: getattr(store, name) for name in same}
    more = {"project": project, "metadata": as_list(store.metadata), "follows": int(store.follows)}
    yield Fetch("insert_vector_store", {**row, **more})


def get(project: str, store_id: str, *, counted: bool = True) -> Steps[VectorStore]:
    """One store, with its counts unless they don't matter."""
    row = yield from find(project, store_id)
    return (yield from _counted(row)) if counted else store_of(row)


def list_all(project: str, query: PageQuery) -> Steps[Page[VectorStore]]:
    """A page of stores."""
    after = yield from _moment(project, "after", query.after)
    before = yield from _moment(project, "before", query.before)
    read: Window[Moment] = window(query, after, before)
    name = "vector_stores_falling" if read.falling else "vector_stores_rising"
    rows = yield Fetch(name, {"project": project, **bounds(read)})
    stores: list[VectorStore] = []
    for row in rows:
        store = yield from _counted(row)
        stores += [store]
    return page(stores, read)


def update(project: str, store: VectorStore) -> Steps[VectorStore]:
    """Replace what a client may change."""
    row = yield from find(project, store.id)
    said = {name: getattr(store, name) for name in ("name", "expires_days", "last_active_at")}
    yield Fetch("change_vector_store", {**said, "metadata": as_list(store.metadata), "key": row[KEY]})
    return (yield from get(project, store.id))


def set_model(project: str, store_id: str, model: str) -> Steps[None]:
    """Read all files again for another model."""
    row = yield from find(project, store_id)
    yield from _read_again(row[KEY], model)


def follow(model: str) -> Steps[int]:
    """Read the files of all stores again that are to have the vectors of this model."""
    rows = yield Fetch("following_stores", {"model": model})
    for row in rows:
        yield from _read_again(row[0], model)
    return len(rows)


def touch(project: str, store_id: str, now: int) -> Steps[None]:
    """Note that it is in use."""
    row = yield from find(project, store_id)
    yield Fetch("touch_vector_store", {"key": row[KEY], "now": now})


def delete(project: str, store_id: str) -> Steps[None]:
    """Remove the store with everything in it."""
    row = yield from find(project, store_id)
    yield from _empty(row[KEY])
    yield Fetch("delete_store_batches", {"store": row[KEY]})
    yield Fetch("delete_vector_store", {"key": row[KEY]})


def sweep(now: int, limit: int) -> Steps[int]:
    """Empty stores whose time is over."""
    rows = yield Fetch("spent_vector_stores", {"now": now, "limit": limit})
    for row in rows:
        yield from _empty(row[0])
        yield Fetch("renew_vector_store", {"key": row[0]})
    return len(rows)


def with_vectors() -> Steps[list[tuple[int, int]]]:
    """The keys of the stores that have vectors, and how long these are."""
    rows = yield Fetch("vector_stores_with_vectors", {})
    return [(row[0], row[1]) for row in rows]


def find(project: str, store_id: str) -> Steps[Any]:
    """The row of `find_vector_store`."""
    return tuple((yield from one_row("find_vector_store", project, store_id, no_vector_store(store_id))))


def counts(query: str, where: dict[str, int]) -> Steps[tuple[FileCounts, int]]:
    """How many files have each status, and their size."""
    rows = yield Fetch(query, where)
    found = {row[0]: row[1] for row in rows}
    return FileCounts(**found), sum(row[2] for row in rows)


def bounds(read: Window[Moment]) -> dict[str, int]:
    """The range of a page as statements take it."""
    low, high = read.low or (LOWEST, LOWEST), read.high or (HIGHEST, HIGHEST)
    times = {"low_time": low[0], "low_key": low[1], "high_time": high[0], "high_key": high[1]}
    return {**times, "limit": read.limit}


def _empty(key: int) -> Steps[None]:
    for statement in ("delete_store_passages", "delete_store_vectors", "delete_store_files"):
        yield Fetch(statement, {"store": key})


def _read_again(key: int, model: str) -> Steps[None]:
    yield Fetch("set_vector_model", {"key": key, "model": model, "dimension": 0})
    for statement in ("read_again", "delete_store_passages", "delete_store_vectors"):
        yield Fetch(statement, {"store": key})


def _counted(row: Any) -> Steps[VectorStore]:  # noqa: ANN401 - a row of either driver
    found, size = yield from counts("count_vector_files", {"store": tuple(row)[KEY]})
    return store_of(row, found, size)


def store_of(row: Any, found: FileCounts = NONE, size: int = 0) -> VectorStore:  # noqa: ANN401 - as above
    """A store out of its row."""
    store_id, created_at, name, description, metadata, days, last, model, dimension, follows = tuple(row)[:VERSION]
    return VectorStore(
        id=store_id,
        created_at=created_at,
        name=name,
        description=description,
        metadata=msgspec.json.decode(metadata),
        expires_days=days,
        last_active_at=last,
        model=model,
        dimension=dimension,
        follows=bool(follows),
        counts=found,
        usage_bytes=size,
    )


def _moment(project: str, param: str, cursor: str | None) -> Steps[Moment | None]:
    if cursor is None:
        return None
    row = tuple((yield from one_row("find_vector_store", project, cursor, no_cursor(param, cursor))))
    return row[1], row[KEY]
