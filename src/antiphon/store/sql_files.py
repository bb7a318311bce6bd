"""The rows of files on a SQL database: each method is one operation, handed to a backend.

Not here: what an operation does (`operations/files.py`, `operations/uploads.py`). Counterpart: `memory_files.py`.
"""

from collections.abc import Callable, Collection, Sequence
from functools import partial

from antiphon.sources import chance
from antiphon.store.faults import check_file, check_upload
from antiphon.store.files import StoredFile, StoredPart, StoredUpload, Swept, Usage
from antiphon.store.operations import files, uploads
from antiphon.store.pages import Page, PageQuery
from antiphon.store.sql_backend import Backend


class SqlFiles:
    """Implements `Files`. `clock` (Unix seconds) is the time that files and uploads expire by."""

    def __init__(self, backend: Backend, clock: Callable[[], float]) -> None:
        self._backend = backend
        self._clock = clock

    async def home(self) -> str:
        # Only a new database is written to: one that is read-only can be served too.
        named = await self._backend.read(files.named_home)
        if named is not None:
            return named
        return await self._backend.write(partial(files.home, chance(8).hex()))

    async def create(self, project: str, file: StoredFile) -> StoredFile:
        check_file(file)
        return await self._backend.write(partial(files.create, project, file))

    async def get(self, project: str, file_id: str) -> StoredFile:
        return await self._backend.read(partial(files.get, project, file_id, self._clock()))

    async def list_all(self, project: str, page: PageQuery, purpose: str | None = None) -> Page[StoredFile]:
        return await self._backend.read(partial(files.list_all, project, page, purpose, self._clock()))

    async def delete(self, project: str, file_id: str) -> list[str]:
        return await self._backend.write(partial(files.delete, project, file_id, self._clock()))

    async def usage(self, project: str) -> Usage:
        return await self._backend.read(partial(files.usage, project))

    async def create_upload(self, project: str, upload: StoredUpload) -> None:
        check_upload(upload)
        await self._backend.write(partial(uploads.create, project, upload))

    async def get_upload(self, project: str, upload_id: str) -> StoredUpload:
        return await self._backend.read(partial(uploads.get, project, upload_id, self._clock()))

    async def pending_uploads(self) -> int:
        return await self._backend.read(partial(uploads.pending, self._clock()))

    async def add_part(self, project: str, upload_id: str, part: StoredPart) -> None:
        await self._backend.write(partial(uploads.add_part, project, upload_id, part, self._clock()))

    async def parts(self, project: str, upload_id: str) -> list[StoredPart]:
        return await self._backend.read(partial(uploads.parts, project, upload_id, self._clock()))

    async def complete(self, project: str, upload_id: str, file: StoredFile) -> tuple[StoredFile, list[str]]:
        check_file(file)
        return await self._backend.write(partial(uploads.complete, project, upload_id, file, self._clock()))

    async def cancel(self, project: str, upload_id: str) -> tuple[StoredUpload, list[str]]:
        return await self._backend.write(partial(uploads.cancel, project, upload_id, self._clock()))

    async def sweep(self, limit: int) -> Swept:
        now = self._clock()
        old, places = await self._backend.write(partial(files.expired, limit, now))
        ended, more = await self._backend.write(partial(uploads.expired, limit, now))
        return Swept(old + ended, places + more)

    async def known(self, places: Collection[str]) -> Sequence[str]:
        return await self._backend.read(partial(files.known, places))
