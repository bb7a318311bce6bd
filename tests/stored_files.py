"""Files and uploads for tests: rows with bytes that lie nowhere, and bytes with rows."""

import hashlib
from collections.abc import AsyncGenerator

from antiphon.store.blob_store import Blob
from antiphon.store.files import StoredFile, StoredPart, StoredUpload


def blob(content: bytes, place: str = "") -> Blob:
    """The blob of these bytes."""
    return Blob(hashlib.sha256(content).hexdigest(), place or f"place of {content.decode()}", len(content))


def file(file_id: str, content: bytes = b"hello", **more: object) -> StoredFile:
    """A file, its bytes in a place of its own."""
    usual: dict[str, object] = {
        "created_at": 1000, "filename": f"{file_id}.txt", "purpose": "user_data", "media_type": "text/plain",
        "blob": blob(content, f"place of {file_id}"),
    }  # fmt: skip
    return StoredFile(id=file_id, **(usual | more))  # type: ignore[arg-type] # the fields have their own names


def upload(upload_id: str, size: int, **more: object) -> StoredUpload:
    """An upload of so many bytes that expires an hour after the clock of the tests."""
    usual: dict[str, object] = {
        "created_at": 1_000_000, "expires_at": 1_003_600, "filename": "a.bin", "purpose": "user_data",
        "media_type": "application/octet-stream",
    }  # fmt: skip
    return StoredUpload(id=upload_id, bytes=size, **(usual | more))  # type: ignore[arg-type] # the same


def part(part_id: str, content: bytes) -> StoredPart:
    """A part of an upload, its bytes in a place of its own."""
    return StoredPart(id=part_id, created_at=1000, blob=blob(content, f"place of {part_id}"))


async def stream(*data: bytes) -> AsyncGenerator[bytes, None]:
    """Bytes as they arrive."""
    for piece in data:
        yield piece
