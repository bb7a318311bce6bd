"""Files: their rows, finding them by time and purpose, and which bytes nobody has any more.

Not here: the bytes, uploads in parts (`uploads.py`). Counterpart: `sql/queries/files.sql`.
"""

from collections.abc import Collection
from typing import Any

from msgspec import structs

from antiphon.store.asks import Fetch, Rows, Steps
from antiphon.store.blob_store import Blob
from antiphon.store.faults import no_cursor, no_file, storable, taken
from antiphon.store.files import StoredFile, Usage
from antiphon.store.operations.rows import HIGHEST, LOWEST, as_list, new_keys
from antiphon.store.operations.vector_files import forget
from antiphon.store.pages import Page, PageQuery
from antiphon.store.paging import Window, page, window

# Creation time and key: equal times are told apart by which was kept first.
Moment = tuple[int, int]


def named_home() -> Steps[str | None]:
    """The name of the database's folder of blobs; None as long as it has none."""
    rows = yield Fetch("home", {})
    return str(rows[0][0]) if rows else None


def home(new: str) -> Steps[str]:
    """The name that the database has; the new one, if it hasn't."""
    yield Fetch("name_home", {"name": new})
    rows = yield Fetch("home", {})
    return str(rows[0][0])


def create(project: str, file: StoredFile) -> Steps[StoredFile]:
    """A new file, which shares the bytes that the project has already."""
    if (yield Fetch("file_key", {"project": project, "id": file.id})):
        raise taken("file", file.id)
    file_key, blob_key = yield from new_keys(2)
    there = {"project": project, "hash": file.blob.hash}
    yield Fetch("keep_file_blob", {"key": blob_key, **there, "place": file.blob.place, "bytes": file.blob.bytes})
    rows = yield Fetch("find_file_blob", there)
    blob, place = tuple(rows[0])
    row = {name: getattr(file, name) for name in ("id", "created_at", "expires_at", "filename", "purpose")}
    more = {"key": file_key, "project": project, "media_type": file.media_type, "blob": blob}
    yield Fetch("insert_file", {**row, **more})
    return structs.replace(file, blob=structs.replace(file.blob, place=place))


def get(project: str, file_id: str, now: float) -> Steps[StoredFile]:
    """One file."""
    return as_file((yield from _find(project, file_id, now)))


def list_all(project: str, query: PageQuery, purpose: str | None, now: float) -> Steps[Page[StoredFile]]:
    """A page of those that match."""
    if not storable(purpose or ""):
        return Page([], has_more=False)
    after = yield from _moment(project, "after", query.after, now)
    before = yield from _moment(project, "before", query.before, now)
    read: Window[Moment] = window(query, after, before)
    low, high = read.low or (LOWEST, LOWEST), read.high or (HIGHEST, HIGHEST)
    where = {"project": project, "purpose": purpose, "now": int(now), "limit": read.limit}
    bounds = {"low_time": low[0], "low_key": low[1], "high_time": high[0], "high_key": high[1]}
    rows = yield Fetch("files_falling" if read.falling else "files_rising", {**where, **bounds})
    return page([as_file(row) for row in rows], read)


def delete(project: str, file_id: str, now: float) -> Steps[list[str]]:
    """Remove a file, out of vector stores too; the places that are to be removed."""
    row = tuple((yield from _find(project, file_id, now)))
    yield from forget(project, file_id)
    return (yield from remove(row[9], row[10]))


def remove(key: int, blob: int) -> Steps[list[str]]:
    """Remove the file with this key; the place of its blob, if nobody has that any more."""
    yield Fetch("delete_file", {"key": key})
    yield Fetch("hold_file_blob", {"key": blob})
    unused = yield Fetch("unused_file_blob", {"key": blob})
    if unused:
        yield Fetch("delete_file_blob", {"key": blob})
    return [row[0] for row in unused]


def usage(project: str) -> Steps[Usage]:
    """What a project keeps."""
    rows = yield Fetch("file_usage", {"project": project})
    files, size = tuple(rows[0])
    return Usage(int(files), int(size))


def expired(limit: int, now: float) -> Steps[tuple[int, list[str]]]:
    """Take up files whose time is over; how many, and the places that are to be removed."""
    rows = yield Fetch("expired_files", {"now": int(now), "limit": limit})
    places: list[str] = []
    for key, blob, project, file_id in map(tuple, rows):
        yield from forget(project, file_id)
        places += yield from remove(key, blob)
    return len(rows), places


def known(places: Collection[str]) -> Steps[list[str]]:
    """Those of the places that a row knows."""
    rows = yield Fetch("known_places", {"places": as_list(list(places))})
    return [row[0] for row in rows]


def take_in(project: str, file: StoredFile) -> Steps[int]:
    """Write an exported file unless it is there; how many."""
    if (yield Fetch("file_key", {"project": project, "id": file.id})):
        return 0
    yield from create(project, file)
    return 1


def as_file(row: Any) -> StoredFile:  # noqa: ANN401 - a row of either driver
    """From the first columns of `find_file` and the lists."""
    file_id, created_at, expires_at, filename, purpose, media_type, name, place, size = tuple(row)[:9]
    return StoredFile(
        id=file_id,
        created_at=created_at,
        expires_at=expires_at,
        filename=filename,
        purpose=purpose,
        media_type=media_type,
        blob=Blob(name, place, size),
    )


def _find(project: str, file_id: str, now: float) -> Steps[Any]:
    """The row of `find_file`."""
    rows: Rows = ()
    if storable(file_id):
        rows = yield Fetch("find_file", {"project": project, "id": file_id, "now": int(now)})
    if not rows:
        raise no_file(file_id)
    return rows[0]


def _moment(project: str, param: str, cursor: str | None, now: float) -> Steps[Moment | None]:
    """Where the cursor stands in the list of all; None without one."""
    if cursor is None:
        return None
    rows: Rows = ()
    if storable(cursor):
        rows = yield Fetch("find_file", {"project": project, "id": cursor, "now": int(now)})
    if not rows:
        raise no_cursor(param, cursor)
    return rows[0][1], rows[0][9]
