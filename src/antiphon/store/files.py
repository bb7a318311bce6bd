"""The `Files` protocol: the rows of files, and of uploads that come in parts. It hangs on a store as `store.files`.

A row knows where its bytes are, and has none itself: those are behind the door of `blob_store.py`. Files of one project
with the same bytes share a blob; an operation that takes up a blob's last file gives its place, which is to be removed
once the operation is durable. A file is gone when it expires, swept or not. Not here: HTTP, bytes. Counterparts:
`sql_files.py`, `memory_files.py`, and `filing.py`, which everybody else uses.

Errors as of every store (`base.py`).
"""

from collections.abc import Collection, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from antiphon.store.blob_store import Blob
from antiphon.store.pages import Page, PageQuery

UploadStatus = Literal["pending", "completed", "cancelled", "expired"]


class StoredFile(Struct, frozen=True, kw_only=True):
    """A file; times in Unix seconds. `media_type` is what its content is given out as."""

    id: str
    created_at: int
    expires_at: int | None = None
    filename: str
    purpose: str
    media_type: str
    blob: Blob


class StoredUpload(Struct, frozen=True, kw_only=True):
    """A file that comes in parts: `bytes` it will have; `keep_seconds` is how long the file is kept, None for ever."""

    id: str
    created_at: int
    expires_at: int
    filename: str
    purpose: str
    media_type: str
    bytes: int
    keep_seconds: int | None = None
    status: UploadStatus = "pending"
    file_id: str | None = None


class StoredPart(Struct, frozen=True, kw_only=True):
    """One part of an upload."""

    id: str
    created_at: int
    blob: Blob


class Usage(Struct, frozen=True):
    """What a project keeps: how many files, and their bytes with those of parts that wait."""

    files: int
    bytes: int


class Swept(Struct, frozen=True):
    """How many rows were taken up, and the places that are to be removed."""

    rows: int
    places: list[str]


class Files(Protocol):
    """The rows of files and uploads, by project."""

    async def home(self) -> str:
        """The name under which this database's blobs lie, made by chance when it is first asked for.

        Another database may keep its own beside them, and never takes up what isn't its own.
        """

    async def create(self, project: str, file: StoredFile) -> StoredFile:
        """Keep a file. Where the project has its bytes already, the row that is given back says where.

        Raises `InvalidRequest` when its id is there already.
        """

    async def get(self, project: str, file_id: str) -> StoredFile:
        """One file."""

    async def list_all(self, project: str, page: PageQuery, purpose: str | None = None) -> Page[StoredFile]:
        """Files by `created_at`, equal ones as they were kept; those of one purpose, where it is said."""

    async def delete(self, project: str, file_id: str) -> list[str]:
        """Remove a file, also from vector stores; the place that is to be removed, if no other file shares it."""

    async def usage(self, project: str) -> Usage:
        """What the project keeps now."""

    async def create_upload(self, project: str, upload: StoredUpload) -> None:
        """Keep a new upload. Raises `InvalidRequest` when its id is there already."""

    async def get_upload(self, project: str, upload_id: str) -> StoredUpload:
        """One upload. One that is still pending behind its time has expired."""

    async def pending_uploads(self) -> int:
        """How many uploads of all projects aren't completed yet."""

    async def add_part(self, project: str, upload_id: str, part: StoredPart) -> None:
        """Keep a part.

        Raises `InvalidRequest` when the upload isn't pending any more, or gets more bytes or parts than it may have.
        """

    async def parts(self, project: str, upload_id: str) -> list[StoredPart]:
        """The parts of an upload as they came."""

    async def complete(self, project: str, upload_id: str, file: StoredFile) -> tuple[StoredFile, list[str]]:
        """Make the upload a file; the places of its parts, which are to be removed.

        Raises `InvalidRequest` when it isn't pending any more.
        """

    async def cancel(self, project: str, upload_id: str) -> tuple[StoredUpload, list[str]]:
        """Cancel the upload; the places of its parts. Raises `InvalidRequest` when it is completed or has expired."""

    async def sweep(self, limit: int) -> Swept:
        """Take up at most `limit` files, and as many uploads, whose time is over, of all projects.

        A file leaves its vector stores at once.
        """

    async def known(self, places: Collection[str]) -> Sequence[str]:
        """Those of the places that a row of any project knows."""
