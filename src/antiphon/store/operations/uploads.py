"""Uploads: files that come in parts, until they are completed, cancelled or expired.

Not here: the bytes. Counterparts: `files.py`, what an upload becomes; `sql/queries/files.sql`.
"""

from typing import Any

import msgspec

from antiphon.store.asks import Fetch, Rows, Steps
from antiphon.store.blob_store import Blob
from antiphon.store.faults import (
    MAX_PARTS,
    no_upload,
    not_pending,
    storable,
    taken,
    too_many_bytes,
    too_many_parts,
)
from antiphon.store.files import StoredFile, StoredPart, StoredUpload, UploadStatus
from antiphon.store.operations import files
from antiphon.store.operations.rows import new_keys

FORGOTTEN_AFTER = 86400
"""Seconds for which it is known what became of an upload."""


def create(project: str, upload: StoredUpload) -> Steps[None]:
    """A new upload."""
    if (yield Fetch("find_upload", {"project": project, "id": upload.id})):
        raise taken("upload", upload.id)
    [key] = yield from new_keys(1)
    yield Fetch("insert_upload", {"key": key, "project": project, **msgspec.structs.asdict(upload)})


def get(project: str, upload_id: str, now: float) -> Steps[StoredUpload]:
    """One upload."""
    return (yield from _find(project, upload_id, now))[0]


def pending(now: float) -> Steps[int]:
    """How many aren't completed yet."""
    return int((yield Fetch("count_pending_uploads", {"now": int(now)}))[0][0])


def add_part(project: str, upload_id: str, part: StoredPart, now: float) -> Steps[None]:
    """One part more."""
    upload, key = yield from _held(project, upload_id, now)
    if upload.status != "pending":
        raise not_pending(upload_id, upload.status)
    sums = yield Fetch("upload_size", {"upload": key})
    count, size = tuple(sums[0])
    if count >= MAX_PARTS:
        raise too_many_parts(upload_id)
    if size + part.blob.bytes > upload.bytes:
        raise too_many_bytes(upload_id, upload.bytes)
    [part_key] = yield from new_keys(1)
    where = {"hash": part.blob.hash, "place": part.blob.place, "bytes": part.blob.bytes}
    yield Fetch("insert_part", {"key": part_key, "upload": key, "id": part.id, "created_at": part.created_at, **where})


def parts(project: str, upload_id: str, now: float) -> Steps[list[StoredPart]]:
    """The parts as they came."""
    _, key = yield from _find(project, upload_id, now)
    rows = yield from _parts(key)
    return [
        StoredPart(id=part_id, created_at=created_at, blob=Blob(name, place, size))
        for part_id, created_at, name, place, size in map(tuple, rows)
    ]


def complete(project: str, upload_id: str, file: StoredFile, now: float) -> Steps[tuple[StoredFile, list[str]]]:
    """Make the upload a file; the places of its parts."""
    upload, key = yield from _held(project, upload_id, now)
    if upload.status != "pending":
        raise not_pending(upload_id, upload.status)
    kept = yield from files.create(project, file)
    return kept, (yield from _end(key, "completed", file.id))


def cancel(project: str, upload_id: str, now: float) -> Steps[tuple[StoredUpload, list[str]]]:
    """Cancel the upload, again without effect; the places of its parts."""
    upload, key = yield from _held(project, upload_id, now)
    if upload.status not in {"pending", "cancelled"}:
        raise not_pending(upload_id, upload.status)
    places = yield from _end(key, "cancelled")
    return msgspec.structs.replace(upload, status="cancelled"), places


def expired(limit: int, now: float) -> Steps[tuple[int, list[str]]]:
    """End uploads whose time is over, and forget old ones; how many ended, and the places of their parts."""
    yield Fetch("delete_old_uploads", {"before": int(now) - FORGOTTEN_AFTER})
    rows = yield Fetch("expired_uploads", {"now": int(now), "limit": limit})
    places: list[str] = []
    for project, upload_id, key in map(tuple, rows):
        upload, _ = yield from _held(project, upload_id, now)
        if upload.status == "expired":
            places += yield from _end(key, "expired")
    return len(rows), places


def _end(key: int, status: UploadStatus, file_id: str | None = None) -> Steps[list[str]]:
    rows = yield from _parts(key)
    yield Fetch("delete_parts", {"upload": key})
    yield Fetch("end_upload", {"key": key, "status": status, "file_id": file_id})
    return [row[3] for row in rows]


def _parts(key: int) -> Steps[Rows]:
    return (yield Fetch("upload_parts", {"upload": key}))


def _held(project: str, upload_id: str, now: float) -> Steps[tuple[StoredUpload, int]]:
    """The upload and its key; nobody else changes it before the transaction ends."""
    if storable(upload_id):
        yield Fetch("hold_upload", {"project": project, "id": upload_id})
    return (yield from _find(project, upload_id, now))


def _find(project: str, upload_id: str, now: float) -> Steps[tuple[StoredUpload, int]]:
    """The upload, as it is by now, and its key."""
    rows: Rows = ()
    if storable(upload_id):
        rows = yield Fetch("find_upload", {"project": project, "id": upload_id})
    if not rows:
        raise no_upload(upload_id)
    row: tuple[Any, ...] = tuple(rows[0])
    upload = StoredUpload(**dict(zip(StoredUpload.__struct_fields__, row[:10], strict=True)))
    return aged(upload, now), row[10]


def aged(upload: StoredUpload, now: float) -> StoredUpload:
    """The upload as it is by now."""
    over = upload.status == "pending" and upload.expires_at <= now
    return msgspec.structs.replace(upload, status="expired") if over else upload
