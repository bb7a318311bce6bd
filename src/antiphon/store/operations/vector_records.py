"""Vector stores read out for an export, and taken in again: their files, batches, passages and vectors.

A file whose passages come is held under a name of its own, as if somebody read it, and is completed by the last line
about it. Where an import breaks off, the next one begins the file anew; where none comes, a server reads it when it
isn't held any more. Not here: the lines (`store/vector_records.py`). Counterpart: `admin.py`.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from antiphon.store.asks import Fetch, Rows, Steps
from antiphon.store.operations import passages, vector_files, vector_stores
from antiphon.store.operations.passages import NUMBER_BYTES
from antiphon.store.operations.rows import ROWS, Batch, as_list, batch_of
from antiphon.store.records import Record
from antiphon.store.vector_records import (
    KeptPassage,
    PassagesLine,
    VectorBatchLine,
    VectorFileLine,
    VectorFileReadLine,
    VectorRecord,
    VectorStoreLine,
)
from antiphon.store.vectors import Batch as FileBatch
from antiphon.store.vectors import NewPassage

OWNER = "import"
HELD_SECONDS = 3_600
"""For how long the passages of a file may be on their way."""
RESERVED = ("in_progress", "completed")


class Intake(Struct, frozen=True):
    """How rows are taken in: `vector` puts a vector into the form of the database; it is `now` (Unix seconds)."""

    vector: Callable[[bytes], object]
    now: float


def store_records(after: int) -> Steps[Batch]:
    """The next vector stores."""
    rows = yield Fetch("export_vector_stores", {"after": after, "limit": ROWS})
    records: list[Record] = [VectorStoreLine(row[1], vector_stores.store_of(row[2:])) for row in map(tuple, rows)]
    return batch_of(rows, records)


def batch_records(after: int) -> Steps[Batch]:
    """The next batches."""
    rows = yield Fetch("export_vector_batches", {"after": after, "limit": ROWS})
    records: list[Record] = [
        VectorBatchLine(project, store_id, FileBatch(id=row_id, created_at=created_at, cancelled=bool(cancelled)))
        for _, project, store_id, row_id, created_at, cancelled in map(tuple, rows)
    ]
    return batch_of(rows, records)


def file_records(after: int) -> Steps[Batch]:
    """The next files of vector stores."""
    rows = yield Fetch("export_vector_files", {"after": after, "limit": ROWS})
    records: list[Record] = [
        VectorFileLine(
            project=row[1],
            store_id=row[2],
            batch_id=row[3],
            model=row[4],
            dimension=row[5],
            file=vector_files.as_file(row[6:]),
        )
        for row in map(tuple, rows)
    ]
    return batch_of(rows, records)


def passage_records(after: int) -> Steps[Batch]:
    """The next passages; those of one file that follow each other are one line."""
    rows = yield Fetch("export_passages", {"after": after, "limit": ROWS})
    lines: list[PassagesLine] = []
    for row in map(tuple, rows):
        project, store_id, file_id = row[1:4]
        if not lines or (lines[-1].project, lines[-1].store_id, lines[-1].file_id) != (project, store_id, file_id):
            lines.append(PassagesLine(project, store_id, file_id, []))
        lines[-1].passages.append(_passage(row[4:]))
    return batch_of(rows, [*lines])


def read_records(after: int) -> Steps[Batch]:
    """For the next files, that their passages have all been told."""
    rows = yield Fetch("export_vector_files", {"after": after, "limit": ROWS})
    records: list[Record] = [
        VectorFileReadLine(row[1], row[2], row[6], passages=row[16], usage_bytes=row[10])
        for row in map(tuple, rows)
        if row[9] == "completed"
    ]
    return batch_of(rows, records)


# In the order in which they can be taken in again.
EXPORTS: tuple[Callable[[int], Steps[Batch]], ...] = (
    store_records,
    batch_records,
    file_records,
    passage_records,
    read_records,
)


def take_in(record: VectorRecord, intake: Intake) -> Steps[int]:
    """Write what isn't there yet; how many rows."""
    match record:
        case VectorStoreLine():
            return (yield from _take_store(record))
        case VectorBatchLine():
            return (yield from _take_batch(record))
        case VectorFileLine():
            return (yield from _take_file(record, intake))
        case PassagesLine():
            return (yield from _take_passages(record, intake))
        case VectorFileReadLine():
            return (yield from _take_end(record))


def _take_store(line: VectorStoreLine) -> Steps[int]:
    if (yield Fetch("find_vector_store", {"project": line.project, "id": line.store.id})):
        return 0
    yield from vector_stores.create(line.project, line.store)
    return 1


def _take_batch(line: VectorBatchLine) -> Steps[int]:
    store = (yield from vector_stores.find(line.project, line.store_id))[vector_stores.KEY]
    if (yield Fetch("find_vector_batch", {"store": store, "id": line.batch.id})):
        return 0
    row = {"store": store, "id": line.batch.id, "created_at": line.batch.created_at}
    key = (yield Fetch("insert_vector_batch", row))[0][0]
    if line.batch.cancelled:
        yield Fetch("cancel_vector_batch", {"key": key})
    return 1


def _take_file(line: VectorFileLine, intake: Intake) -> Steps[int]:
    """The file; one whose vectors don't fit those of the store waits to be read, as one does that wasn't yet."""
    store = yield from vector_stores.find(line.project, line.store_id)
    key = store[vector_stores.KEY]
    there = yield from _coming(line.project, line.store_id, line.file.id)
    if there:
        yield from vector_files.remove(key, there[0][0])
    elif (yield Fetch("find_vector_file", {"store": key, "id": line.file.id})):
        return 0
    file = line.file
    comes = file.status == "completed" and (line.model, line.dimension) == tuple(store[7:9])
    same = ("id", "filename", "created_at", "most_tokens", "overlap_tokens")
    row: dict[str, Any] = {name: getattr(file, name) for name in same}
    row |= {"store": key, "attributes": as_list(file.attributes), "usage_bytes": 0}
    row |= {"error_code": file.fault, "error_message": file.message, "batch": 0}
    row |= {"status": "in_progress" if file.status in RESERVED else file.status}
    row |= {"owner": OWNER if comes else None, "held_until": intake.now + HELD_SECONDS if comes else 0}
    if line.batch_id is not None:
        batches: Rows = yield Fetch("find_vector_batch", {"store": key, "id": line.batch_id})
        row["batch"] = batches[0][3] if batches else 0
    yield Fetch("take_in_vector_file", row)
    return 1


def _take_passages(line: PassagesLine, intake: Intake) -> Steps[int]:
    there = yield from _coming(line.project, line.store_id, line.file_id)
    if not there:
        return 0
    key, store, dimension = tuple(there[0])
    new = [_new(one, dimension, intake) for one in line.passages]
    yield from passages.insert(store, key, new)
    return len(new)


def _take_end(line: VectorFileReadLine) -> Steps[int]:
    there = yield from _coming(line.project, line.store_id, line.file_id)
    if not there:
        return 0
    key, store, _ = tuple(there[0])
    since = (yield Fetch("renew_vector_store", {"key": store}))[0][0]
    done = {"key": key, "usage_bytes": line.usage_bytes, "passages": line.passages, "since": since}
    yield Fetch("finish_vector_file", done)
    return 1


def _coming(project: str, store_id: str, file_id: str) -> Steps[Rows]:
    """The row of a file whose passages are coming."""
    where = {"project": project, "store_id": store_id, "id": file_id, "owner": OWNER}
    return (yield Fetch("vector_file_to_take_in", where))


def _passage(row: Sequence[Any]) -> KeptPassage:
    number, start, finish, page, heading, above, text, vector = row
    return KeptPassage(
        number=number,
        start=start,
        end=finish,
        page=page,
        heading=msgspec.json.decode(heading),
        above=above,
        text=text,
        vector=_bytes(vector),
    )


def _new(one: KeptPassage, dimension: int, intake: Intake) -> NewPassage:
    fits = len(one.vector) == dimension * NUMBER_BYTES
    return NewPassage(
        number=one.number,
        start=one.start,
        end=one.end,
        page=one.page,
        heading=tuple(one.heading),
        above=one.above,
        text=one.text,
        vector=intake.vector(one.vector) if one.vector and fits else b"",  # type: ignore[arg-type] # as the database has it
    )


def _bytes(vector: Any) -> bytes:  # noqa: ANN401 - as either driver gives it
    """A vector as bytes; none where there is no vector."""
    if vector is None or isinstance(vector, bytes):
        return vector or b""
    return struct.pack(f"<{len(vector)}f", *vector)
