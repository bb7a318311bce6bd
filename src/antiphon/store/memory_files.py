"""The rows of files in plain dicts. Counterpart: `sql_files.py`."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from antiphon.sources import chance
from antiphon.store.blob_store import Blob
from antiphon.store.faults import (
    MAX_PARTS,
    check_file,
    check_upload,
    no_file,
    no_upload,
    not_pending,
    taken,
    too_many_bytes,
    too_many_parts,
)
from antiphon.store.files import StoredFile, StoredPart, StoredUpload, Swept, Usage
from antiphon.store.memory_pages import page_of
from antiphon.store.operations.uploads import FORGOTTEN_AFTER, aged
from antiphon.store.pages import Page, PageQuery


@dataclass(slots=True)
class Shelf:
    """The files of one project, and its uploads, each with its parts."""

    files: dict[str, StoredFile] = field(default_factory=dict)
    uploads: dict[str, StoredUpload] = field(default_factory=dict)
    parts: dict[str, list[StoredPart]] = field(default_factory=dict)


class MemoryFiles:
    """Implements `Files`. `clock` (Unix seconds) is the time that files and uploads expire by.

    `forget` takes a project's file out of its vector stores.
    """

    def __init__(self, clock: Callable[[], float], forget: Callable[[str, str], Awaitable[None]]) -> None:
        self._clock = clock
        self._forget = forget
        self._shelves: dict[str, Shelf] = {}
        self._home = chance(8).hex()

    async def home(self) -> str:
        return self._home

    async def create(self, project: str, file: StoredFile) -> StoredFile:
        check_file(file)
        return self._create(project, file)

    async def get(self, project: str, file_id: str) -> StoredFile:
        return self._file(project, file_id)

    async def list_all(self, project: str, page: PageQuery, purpose: str | None = None) -> Page[StoredFile]:
        there = [file for file in self._shelf(project).files.values() if not self._over(file)]
        rising = sorted(there, key=lambda file: file.created_at)
        return page_of(rising, page, lambda file: purpose in {None, file.purpose})

    async def delete(self, project: str, file_id: str) -> list[str]:
        self._file(project, file_id)
        await self._forget(project, file_id)
        return self._remove(project, self._file(project, file_id))

    async def usage(self, project: str) -> Usage:
        shelf = self._shelf(project)
        waiting = [part.blob.bytes for parts in shelf.parts.values() for part in parts]
        return Usage(len(shelf.files), sum(file.blob.bytes for file in shelf.files.values()) + sum(waiting))

    async def create_upload(self, project: str, upload: StoredUpload) -> None:
        check_upload(upload)
        shelf = self._shelf(project)
        if upload.id in shelf.uploads:
            raise taken("upload", upload.id)
        shelf.uploads[upload.id], shelf.parts[upload.id] = upload, []

    async def get_upload(self, project: str, upload_id: str) -> StoredUpload:
        return self._upload(project, upload_id)

    async def pending_uploads(self) -> int:
        now = self._clock()
        every = [upload for shelf in self._shelves.values() for upload in shelf.uploads.values()]
        return sum(aged(upload, now).status == "pending" for upload in every)

    async def add_part(self, project: str, upload_id: str, part: StoredPart) -> None:
        upload, parts = self._pending(project, upload_id), self._shelf(project).parts[upload_id]
        if len(parts) >= MAX_PARTS:
            raise too_many_parts(upload_id)
        if sum(one.blob.bytes for one in parts) + part.blob.bytes > upload.bytes:
            raise too_many_bytes(upload_id, upload.bytes)
        parts.append(part)

    async def parts(self, project: str, upload_id: str) -> list[StoredPart]:
        self._upload(project, upload_id)
        return list(self._shelf(project).parts[upload_id])

    async def complete(self, project: str, upload_id: str, file: StoredFile) -> tuple[StoredFile, list[str]]:
        check_file(file)
        upload = self._pending(project, upload_id)
        kept = self._create(project, file)
        return kept, self._end(project, structs.replace(upload, status="completed", file_id=file.id))

    async def cancel(self, project: str, upload_id: str) -> tuple[StoredUpload, list[str]]:
        upload = self._upload(project, upload_id)
        if upload.status not in {"pending", "cancelled"}:
            raise not_pending(upload_id, upload.status)
        ended = structs.replace(upload, status="cancelled")
        return ended, self._end(project, ended)

    async def sweep(self, limit: int) -> Swept:
        rows, places = await self._sweep_files(limit)
        for project, shelf in self._shelves.items():
            over = [aged(upload, self._clock()) for upload in shelf.uploads.values() if upload.status == "pending"]
            for upload in [upload for upload in over if upload.status == "expired"]:
                places += self._end(project, upload)
                rows += 1
            old = [upload.id for upload in shelf.uploads.values() if self._forgotten(upload)]
            for name in old:
                del shelf.uploads[name], shelf.parts[name]
        return Swept(rows, places)

    async def known(self, places: Collection[str]) -> Sequence[str]:
        used = {blob.place for shelf in self._shelves.values() for blob in _blobs(shelf)}
        return [place for place in places if place in used]

    def all_of(self, project: str) -> Iterator[StoredFile]:
        """Every file of a project, to be exported."""
        return iter(list(self._shelf(project).files.values()))

    def projects(self) -> list[str]:
        """The projects that have any."""
        return list(self._shelves)

    def take_in(self, project: str, file: StoredFile) -> bool:
        """Keep an exported file unless it is there; whether it was new."""
        if file.id in self._shelf(project).files:
            return False
        self._create(project, file)
        return True

    def _create(self, project: str, file: StoredFile) -> StoredFile:
        files = self._shelf(project).files
        if file.id in files:
            raise taken("file", file.id)
        same = next((other.blob for other in files.values() if other.blob.hash == file.blob.hash), file.blob)
        files[file.id] = structs.replace(file, blob=same)
        return files[file.id]

    def _remove(self, project: str, file: StoredFile) -> list[str]:
        files = self._shelf(project).files
        del files[file.id]
        return [] if any(other.blob.place == file.blob.place for other in files.values()) else [file.blob.place]

    def _end(self, project: str, upload: StoredUpload) -> list[str]:
        shelf = self._shelf(project)
        shelf.uploads[upload.id] = upload
        parts, shelf.parts[upload.id] = shelf.parts[upload.id], []
        return [part.blob.place for part in parts]

    def _file(self, project: str, file_id: str) -> StoredFile:
        file = self._shelf(project).files.get(file_id)
        if file is None or self._over(file):
            raise no_file(file_id)
        return file

    def _over(self, file: StoredFile) -> bool:
        return file.expires_at is not None and file.expires_at <= self._clock()

    async def _sweep_files(self, limit: int) -> tuple[int, list[str]]:
        """How many files there were whose time is over, and the places that are to be removed."""
        shelves = self._shelves.items()
        over = [(project, file) for project, shelf in shelves for file in shelf.files.values() if self._over(file)]
        places: list[str] = []
        for project, file in over[:limit]:
            await self._forget(project, file.id)
            if file.id in self._shelves[project].files:
                places += self._remove(project, file)
        return len(over[:limit]), places

    def _forgotten(self, upload: StoredUpload) -> bool:
        return upload.status != "pending" and upload.expires_at <= self._clock() - FORGOTTEN_AFTER

    def _pending(self, project: str, upload_id: str) -> StoredUpload:
        upload = self._upload(project, upload_id)
        if upload.status != "pending":
            raise not_pending(upload_id, upload.status)
        return upload

    def _upload(self, project: str, upload_id: str) -> StoredUpload:
        upload = self._shelf(project).uploads.get(upload_id)
        if upload is None:
            raise no_upload(upload_id)
        return aged(upload, self._clock())

    def _shelf(self, project: str) -> Shelf:
        return self._shelves.setdefault(project, Shelf())


def _blobs(shelf: Shelf) -> Iterator[Blob]:
    yield from (file.blob for file in shelf.files.values())
    yield from (part.blob for parts in shelf.parts.values() for part in parts)
