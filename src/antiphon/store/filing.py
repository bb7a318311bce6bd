"""Files whole: their rows and their bytes, in the order in which nothing acknowledged can be lost.

Bytes are durable before a row names them, and a row is gone before its bytes go. What a crash leaves between is a blob
without a row, which `sweep_strays` finds. Not here: HTTP (`server/routes/files.py`), when it is swept
(`runner/retention.py`). Counterparts: `files.py` and `blob_store.py`.
"""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager

import msgspec

from antiphon.errors import InvalidRequest
from antiphon.store.blob_store import Blob, BlobStore
from antiphon.store.faults import no_part, wrong_md5, wrong_size
from antiphon.store.files import Files, StoredFile, StoredPart, StoredUpload


class Filing:
    """The files of a server. `rows` and `blobs` may be used by themselves to read."""

    def __init__(self, rows: Files, blobs: BlobStore, spare: BlobStore | None = None) -> None:
        """`spare` is for what is kept beside them, see `aside`."""
        self.rows = rows
        self.blobs = blobs
        self._spare = spare or blobs

    def aside(self, rows: Files) -> "Filing":
        """Files that aren't kept for long: rows of another store, and bytes that go when the server ends."""
        return Filing(rows, self._spare)

    async def add(self, project: str, file: StoredFile) -> StoredFile:
        """Keep a file whose bytes have been put; they are removed again where it can't be kept."""
        async with self._or_gone(file.blob):
            kept = await self.rows.create(project, file)
        await self._remove_double(file.blob, kept)
        return kept

    def content(self, file: StoredFile, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes of a file from `start` up to `end`; close it where it isn't read to its end."""
        return self.blobs.open(file.blob.place, start, end)

    async def whole(self, file: StoredFile) -> bytes:
        """All bytes of a file. Look at its size first."""
        async with aclosing(self.content(file)) as content:
            return b"".join([data async for data in content])

    async def delete(self, project: str, file_id: str) -> None:
        """Remove a file, and its bytes where no other file of the project has the same. Raises `NotFound`."""
        await self._remove(await self.rows.delete(project, file_id))

    async def add_part(self, project: str, upload_id: str, part: StoredPart) -> None:
        """Keep a part whose bytes have been put; they are removed again where it can't be kept."""
        async with self._or_gone(part.blob):
            await self.rows.add_part(project, upload_id, part)

    async def join(self, project: str, upload: StoredUpload, part_ids: Sequence[str], md5: str | None = None) -> Blob:
        """Put the parts of an upload together, in this order, for `complete`.

        Raises `InvalidRequest` for a part that isn't there or comes twice, and for other bytes than were announced.
        """
        parts = chosen(await self.rows.parts(project, upload.id), part_ids, upload.id)
        size = sum(part.blob.bytes for part in parts)
        if size != upload.bytes:
            raise wrong_size(upload.id, size, upload.bytes)
        digest = hashlib.md5(usedforsecurity=False)
        async with aclosing(self._one_by_one(parts, digest.update if md5 else None)) as content:
            blob = await self.blobs.put(content, size)
        if md5 and digest.hexdigest() != md5.lower():
            await self.blobs.delete(blob.place)
            raise wrong_md5(upload.id, digest.hexdigest())
        return blob

    async def complete(self, project: str, upload_id: str, file: StoredFile) -> StoredFile:
        """Make an upload the file that its parts were joined to."""
        async with self._or_gone(file.blob):
            kept, places = await self.rows.complete(project, upload_id, file)
        await self._remove_double(file.blob, kept)
        await self._remove(places)
        return kept

    async def cancel(self, project: str, upload_id: str) -> StoredUpload:
        """Cancel an upload, and remove its parts."""
        upload, places = await self.rows.cancel(project, upload_id)
        await self._remove(places)
        return upload

    async def sweep(self, limit: int) -> int:
        """Remove at most `limit` files, and as many uploads, whose time is over; gives how many there were."""
        swept = await self.rows.sweep(limit)
        await self._remove(swept.places)
        return swept.rows

    async def sweep_strays(self, before: float) -> int:
        """Remove bytes that no row knows and that nobody has written since `before` (Unix seconds); how many."""
        gone = 0
        async for found in self.blobs.places():
            old = [one.place for one in found if one.changed < before]
            known = frozenset(await self.rows.known(old)) if old else frozenset()
            strays = [place for place in old if place not in known]
            await self._remove(strays)
            gone += len(strays)
        return gone

    @asynccontextmanager
    async def _or_gone(self, blob: Blob) -> AsyncIterator[None]:
        """Remove the blob where its row isn't kept: refused, that is; where nobody knows, it is left to be swept."""
        try:
            yield
        except InvalidRequest:
            await self.blobs.delete(blob.place)
            raise

    async def _remove_double(self, put: Blob, kept: StoredFile) -> None:
        """Remove what was put, where the project had the same bytes already."""
        if kept.blob.place != put.place:
            await self.blobs.delete(put.place)

    async def _remove(self, places: Iterable[str]) -> None:
        for place in places:
            await self.blobs.delete(place)

    async def _one_by_one(
        self, parts: list[StoredPart], also: Callable[[bytes], object] | None
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of the parts, which `also` gets to see."""
        for part in parts:
            async with aclosing(self.blobs.open(part.blob.place)) as content:
                async for data in content:
                    if also:
                        also(data)
                    yield data


def chosen(parts: Iterable[StoredPart], part_ids: Sequence[str], upload_id: str) -> list[StoredPart]:
    """The parts with these ids, in their order. Raises `InvalidRequest` for one that isn't there or comes twice."""
    left = {part.id: part for part in parts}
    taken: dict[str, StoredPart] = {}
    for number, part_id in enumerate(part_ids):
        if part_id in taken:
            raise InvalidRequest(f"The part '{part_id}' is named twice.", param=f"part_ids[{number}]")
        if part_id not in left:
            raise no_part(part_id, upload_id, f"part_ids[{number}]")
        taken[part_id] = left[part_id]
    return list(taken.values())


def moved(file: StoredFile, place: str) -> StoredFile:
    """The same file with its bytes in another place."""
    return msgspec.structs.replace(file, blob=msgspec.structs.replace(file.blob, place=place))
