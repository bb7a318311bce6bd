"""The files of vector stores: attached alone or in batches, found by time and status, and held while they are read.

Not here: their passages (`passages.py`). Counterpart: `sql/queries/vectors.sql`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from antiphon.store.asks import Fetch, Rows, Steps
from antiphon.store.faults import no_cursor, storable
from antiphon.store.operations.rows import as_list
from antiphon.store.operations.vector_stores import KEY, Moment, bounds, counts, find
from antiphon.store.pages import Page, PageQuery
from antiphon.store.paging import Window, page, window
from antiphon.store.vector_faults import no_batch, no_vector_file
from antiphon.store.vectors import Attributes, Batch, Fault, Held, VectorFile

FILE_KEY = 10
"""Where the key stands in a row of a file."""


def attach(project: str, store_id: str, files: Sequence[VectorFile], batch: Batch | None) -> Steps[None]:
    """Add files; those that are there already begin anew."""
    store = (yield from find(project, store_id))[KEY]
    batch_key = 0
    if batch is not None:
        row = {"store": store, "id": batch.id, "created_at": batch.created_at}
        batch_key = (yield Fetch("insert_vector_batch", row))[0][0]
    for file in files:
        there = yield Fetch("find_vector_file", {"store": store, "id": file.id})
        for old in there:
            yield from remove(store, tuple(old)[FILE_KEY])
        same = ("id", "filename", "created_at", "most_tokens", "overlap_tokens")
        said = {name: getattr(file, name) for name in same}
        more = {"store": store, "attributes": as_list(file.attributes), "batch": batch_key}
        yield Fetch("insert_vector_file", {**said, **more})


def get(project: str, store_id: str, file_id: str) -> Steps[VectorFile]:
    """One file."""
    store = (yield from find(project, store_id))[KEY]
    return as_file((yield from find_file(store, store_id, file_id)))


def list_all(project: str, store_id: str, query: PageQuery, status: str, batch_id: str) -> Steps[Page[VectorFile]]:
    """A page of files."""
    store = (yield from find(project, store_id))[KEY]
    batch = (yield from _find_batch(store, store_id, batch_id))[3] if batch_id else 0
    after = yield from _moment(store, "after", query.after)
    before = yield from _moment(store, "before", query.before)
    read: Window[Moment] = window(query, after, before)
    name = "vector_files_falling" if read.falling else "vector_files_rising"
    rows = yield Fetch(name, {"store": store, "batch": batch, "status": status, **bounds(read)})
    return page([as_file(row) for row in rows], read)


def set_attributes(project: str, store_id: str, file_id: str, attributes: Attributes) -> Steps[VectorFile]:
    """Replace the attributes."""
    store = (yield from find(project, store_id))[KEY]
    key = (yield from find_file(store, store_id, file_id))[FILE_KEY]
    yield Fetch("set_file_attributes", {"key": key, "attributes": as_list(attributes)})
    yield Fetch("renew_vector_store", {"key": store})
    return (yield from get(project, store_id, file_id))


def detach(project: str, store_id: str, file_id: str) -> Steps[None]:
    """Take a file out."""
    store = (yield from find(project, store_id))[KEY]
    key = (yield from find_file(store, store_id, file_id))[FILE_KEY]
    yield from remove(store, key)


def forget(project: str, file_id: str) -> Steps[None]:
    """Take a file out of every store of the project."""
    rows: Rows = ()
    if storable(file_id):
        rows = yield Fetch("files_in_vector_stores", {"project": project, "id": file_id})
    for row in rows:
        yield from remove(row[1], row[0])


def batch(project: str, store_id: str, batch_id: str) -> Steps[Batch]:
    """One batch with its counts."""
    store = (yield from find(project, store_id))[KEY]
    found_id, created_at, cancelled, key = yield from _find_batch(store, store_id, batch_id)
    found, _ = yield from counts("count_batch_files", {"batch": key})
    return Batch(id=found_id, created_at=created_at, cancelled=bool(cancelled), counts=found)


def cancel(project: str, store_id: str, batch_id: str) -> Steps[Batch]:
    """Leave out what wasn't read yet; a batch that is through stays as it is."""
    store = (yield from find(project, store_id))[KEY]
    key = (yield from _find_batch(store, store_id, batch_id))[3]
    found, _ = yield from counts("count_batch_files", {"batch": key})
    if found.in_progress:
        yield Fetch("cancel_vector_batch", {"key": key})
        yield Fetch("cancel_batch_files", {"batch": key})
    return (yield from batch(project, store_id, batch_id))


def hold(owner: str, now: float, until: float, limit: int) -> Steps[list[Held]]:
    """Take up what waits longest."""
    rows = yield Fetch("hold_vector_files", {"owner": owner, "now": now, "until": until, "limit": limit})
    held = []
    for key in sorted(row[0] for row in rows):
        found = yield Fetch("held_vector_file", {"key": key, "owner": owner})
        held += [as_held(row, owner) for row in found]
    return held


def hold_longer(owner: str, until: float) -> Steps[None]:
    """Still at work."""
    yield Fetch("hold_longer", {"owner": owner, "until": until})


def let_go(held: Held) -> Steps[None]:
    """Let somebody else read it."""
    yield Fetch("let_go", {"key": held.key, "owner": held.owner})


def fail(held: Held, fault: Fault, message: str) -> Steps[None]:
    """It can't be read."""
    yield Fetch("fail_vector_file", {"key": held.key, "owner": held.owner, "code": fault, "message": message})


def waiting() -> Steps[int]:
    """How many are to be read yet."""
    return int((yield Fetch("files_that_wait", {}))[0][0])


def find_file(store: int, store_id: str, file_id: str) -> Steps[Any]:
    """The row of `find_vector_file`."""
    rows: Rows = ()
    if storable(file_id):
        rows = yield Fetch("find_vector_file", {"store": store, "id": file_id})
    if not rows:
        raise no_vector_file(file_id, store_id)
    return tuple(rows[0])


def as_file(row: Any) -> VectorFile:  # noqa: ANN401 - a row of either driver
    """From the columns of `find_vector_file` and the lists."""
    file_id, filename, created_at, status, size, attributes, fault, message, most, overlap = tuple(row)[:FILE_KEY]
    return VectorFile(
        id=file_id,
        filename=filename,
        created_at=created_at,
        status=status,
        usage_bytes=size,
        attributes=msgspec.json.decode(attributes),
        fault=fault,
        message=message,
        most_tokens=most,
        overlap_tokens=overlap,
    )


def as_held(row: Any, owner: str) -> Held:  # noqa: ANN401 - a row of either driver
    """From the columns of `held_vector_file`."""
    key, file_id, most, overlap, store, project, store_id, model, dimension = tuple(row)
    return Held(
        key=key,
        project=project,
        store_id=store_id,
        file_id=file_id,
        most_tokens=most,
        overlap_tokens=overlap,
        store=store,
        model=model,
        dimension=dimension,
        owner=owner,
    )


def remove(store: int, key: int) -> Steps[None]:
    """Take out a file by its key."""
    yield Fetch("delete_file_passages", {"file": key})
    yield Fetch("delete_file_vectors", {"file": key})
    yield Fetch("delete_vector_file", {"key": key})
    yield Fetch("renew_vector_store", {"key": store})


def _find_batch(store: int, store_id: str, batch_id: str) -> Steps[Any]:
    rows: Rows = ()
    if storable(batch_id):
        rows = yield Fetch("find_vector_batch", {"store": store, "id": batch_id})
    if not rows:
        raise no_batch(batch_id, store_id)
    return tuple(rows[0])


def _moment(store: int, param: str, cursor: str | None) -> Steps[Moment | None]:
    if cursor is None:
        return None
    rows: Rows = ()
    if storable(cursor):
        rows = yield Fetch("find_vector_file", {"store": store, "id": cursor})
    if not rows:
        raise no_cursor(param, cursor)
    row = tuple(rows[0])
    return row[2], row[FILE_KEY]
