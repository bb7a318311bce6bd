"""Blobs as files of a local folder: `<folder>/<home>/ab/<hash>-<number>`, for their owner alone.

What arrives is written beside them under `arriving/`, brought to the disk and only then given its name, so that a
name never stands for half a file. Not here: whose a blob is (`files.py`). Counterpart: `s3_blobs.py`.
"""

import asyncio
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from antiphon.errors import StoreFault
from antiphon.sources import chance
from antiphon.store.blob_store import PIECE, Blob, Found, lost, pieces, too_large

ARRIVING = "arriving"
OWNER_ONLY = 0o700
# Places come out of a database, which may have come out of an import: none leads out of the folder.
PLACE = re.compile(r"[0-9a-z]+/(?:[0-9a-f]{2}/[0-9a-f]{64}-[0-9a-f]+|arriving/[0-9a-f]+)")


class LocalBlobs:
    """A `BlobStore` in `folder`, made with the first blob; without one in a temporary folder, which `close` removes."""

    def __init__(self, folder: Path | None = None, home: str = "own") -> None:
        """`home` is the name of the database whose rows know the blobs."""
        self._folder = folder
        self._home = home
        self._temporary = folder is None

    def __str__(self) -> str:
        return "a temporary folder" if self._temporary else str(self._folder)

    async def put(self, content: AsyncIterator[bytes], limit: int) -> Blob:
        with ExitStack() as undo:
            arriving = await asyncio.to_thread(self._begin, undo)
            async for data in pieces(content):
                if arriving.bytes + len(data) > limit:
                    raise too_large(limit)
                await asyncio.to_thread(arriving.add, data)
            blob = await asyncio.to_thread(arriving.end)
            undo.pop_all()
        return blob

    async def open(self, place: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        path = self._path(place)
        if path is None:
            raise lost(place, str(self))
        with ExitStack() as stack:
            file = await asyncio.to_thread(_opened, path, start, stack)
            if file is None:
                raise lost(place, str(self))
            left = None if end is None else end - start
            while left is None or left > 0:
                with store_faults(self):
                    data = await asyncio.to_thread(file.read, PIECE if left is None else min(left, PIECE))
                if not data:
                    break
                left = None if left is None else left - len(data)
                yield data

    async def delete(self, place: str) -> None:
        path = self._path(place)
        if path is not None:
            with store_faults(self):
                await asyncio.to_thread(path.unlink, missing_ok=True)

    async def places(self) -> AsyncIterator[Collection[Found]]:
        if self._folder is None:
            return
        for folder in await asyncio.to_thread(_folders, self._folder / self._home):
            with store_faults(self):
                found = await asyncio.to_thread(_lying_in, folder, self._home)
            yield found

    async def close(self) -> None:
        if self._temporary and self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
            self._folder = None

    def _begin(self, undo: ExitStack) -> "Arriving":
        with store_faults(self):
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="antiphon-"))
            self._folder.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
            (self._folder / self._home / ARRIVING).mkdir(parents=True, exist_ok=True)
            arriving = Arriving(self._folder, self._home)
            undo.callback(arriving.drop)
            return arriving

    def _path(self, place: str) -> Path | None:
        """Where a place is; None for one that can't be ours."""
        return self._folder / place if self._folder is not None and PLACE.fullmatch(place) else None


class Arriving:
    """A blob that is being written."""

    def __init__(self, folder: Path, home: str) -> None:
        self.bytes = 0
        self._folder = folder
        self._home = home
        self._path = folder / home / ARRIVING / chance(16).hex()
        self._digest = hashlib.sha256()
        self._file = self._path.open("xb")

    def add(self, data: bytes) -> None:
        """Write bytes more."""
        with store_faults(self._folder):
            self._file.write(data)
        self._digest.update(data)
        self.bytes += len(data)

    def end(self) -> Blob:
        """Bring it to the disk, and give it its name."""
        name = self._digest.hexdigest()
        place = f"{self._home}/{name[:2]}/{name}-{chance(8).hex()}"
        with store_faults(self._folder):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            final = self._folder / place
            if not final.parent.is_dir():
                final.parent.mkdir(exist_ok=True)
                _sync(final.parent.parent)
            self._path.replace(final)
            _sync(final.parent)
        return Blob(name, place, self.bytes)

    def drop(self) -> None:
        """Leave nothing of it. A thread that still writes is waited for: that is why the file is a buffered one."""
        self._file.close()
        self._path.unlink(missing_ok=True)


@contextmanager
def store_faults(where: object) -> Iterator[None]:
    """An error of the file system as `StoreFault`."""
    try:
        yield
    except OSError as error:
        raise StoreFault(f"The folder of files, {where}, can't be used: {error.strerror or error}.") from error


def _sync(folder: Path) -> None:
    """Bring a folder's list of names to the disk; not every system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _opened(path: Path, start: int, stack: ExitStack) -> IO[bytes] | None:
    """The file, from `start` on; None when it isn't there."""
    try:
        file = stack.enter_context(path.open("rb"))
    except OSError:
        return None
    file.seek(start)
    return file


def _folders(folder: Path) -> list[Path]:
    return sorted(inner for inner in folder.iterdir() if inner.is_dir()) if folder.is_dir() else []


def _lying_in(folder: Path, home: str) -> list[Found]:
    """What lies in a folder; what goes meanwhile isn't there."""
    found: list[Found] = []
    for path in folder.iterdir():
        try:
            found.append(Found(f"{home}/{folder.name}/{path.name}", path.stat().st_mtime))
        except FileNotFoundError:
            continue
    return found
