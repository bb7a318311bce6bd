"""Files and uploads as the API shows them, and the bodies of uploads. Source: API reference, "Files" and "Uploads"."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Purpose = Literal["assistants", "batch", "evals", "fine-tune", "user_data", "vision"]
"""What a file may be uploaded for."""

HOUR, DAY = 3600, 86400
KeepSeconds = Annotated[int, Meta(ge=HOUR, le=30 * DAY)]


class FileObject(msgspec.Struct, kw_only=True):
    """A file; times in Unix seconds. `expires_at` is left out of one that is kept until it is deleted."""

    id: str
    bytes: int
    created_at: int
    filename: str
    purpose: str
    expires_at: int | msgspec.UnsetType = msgspec.UNSET
    object: str = "file"
    status: str = "processed"


class FileDeleted(msgspec.Struct, kw_only=True):
    """What deleting a file answers."""

    id: str
    object: str = "file"
    deleted: bool = True


class FilePage(msgspec.Struct, kw_only=True):
    """A page of files."""

    data: list[FileObject]
    first_id: str
    last_id: str
    has_more: bool
    object: str = "list"


class FileExpiresAfter(msgspec.Struct, kw_only=True):
    """A file expires so many seconds after it was made."""

    anchor: Literal["created_at"]
    seconds: KeepSeconds


class CreateUpload(msgspec.Struct, kw_only=True):
    """The body of `POST /v1/uploads`."""

    bytes: Annotated[int, Meta(ge=0)]
    filename: str
    mime_type: str
    purpose: Purpose
    expires_after: FileExpiresAfter | None = None


class CompleteUpload(msgspec.Struct, kw_only=True):
    """The body that completes an upload: its parts, in their order."""

    part_ids: list[str]
    md5: str | None = None


class Upload(msgspec.Struct, kw_only=True):
    """An upload; `file` once it is completed."""

    id: str
    bytes: int
    created_at: int
    expires_at: int
    filename: str
    purpose: str
    status: str
    file: FileObject | None = None
    object: str = "upload"


class UploadPart(msgspec.Struct, kw_only=True):
    """One part of an upload."""

    id: str
    created_at: int
    upload_id: str
    object: str = "upload.part"
