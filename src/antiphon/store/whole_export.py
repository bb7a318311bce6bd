"""An export with the bytes of files: after the line of a file come its bytes, some in each line, and a line with none.

Bytes that several files of a project share come with the first. Nothing is held in memory but the names of what was
written. Not here: rows (`records.py`), uploads that aren't completed, which no export has. Counterparts:
`StoreAdmin.export` and `import_`, which are the same without bytes.
"""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import aclosing

from msgspec import Struct
from msgspec.json import Decoder

from antiphon.errors import ConfigFault, InvalidRequest, StoreFault
from antiphon.store import records
from antiphon.store.base import OpenStore
from antiphon.store.blob_store import BlobStore
from antiphon.store.filing import Filing, moved
from antiphon.store.records import BytesLine, FileLine

PASSED_OVER = records.encode(BytesLine(b""))
"""What a store is given in place of lines that it needn't see, so that it counts lines as they stand in the file."""


class Kind(Struct, frozen=True):
    """What a line is."""

    kind: str = ""


KINDS = Decoder(Kind)


class WholeExport:
    """Writes an export; `lost` are the files whose bytes weren't there."""

    def __init__(self, store: OpenStore, blobs: BlobStore) -> None:
        self._store = store
        self._blobs = blobs
        self._written: set[str] = set()
        self.lost: list[str] = []

    async def lines(self) -> AsyncIterator[bytes]:
        """All lines, without their ends."""
        async for line in self._store.export():
            yield line
            if KINDS.decode(line).kind == "file":
                file = records.DECODER.decode(line)
                if isinstance(file, FileLine) and file.file.blob.place not in self._written:
                    async for data in self._bytes(file):
                        yield records.encode(BytesLine(data))

    async def _bytes(self, line: FileLine) -> AsyncIterator[bytes]:
        place = line.file.blob.place
        async with aclosing(self._blobs.open(place)) as content:
            try:
                first = await anext(content, b"")
            except StoreFault:
                self.lost.append(line.file.id)
                return
            self._written.add(place)
            if first:
                yield first
            async for data in content:
                yield data
            yield b""


class WholeImport:
    """Takes in what `WholeExport` wrote, or an export without bytes. Rows that are here already stay as they are."""

    def __init__(self, store: OpenStore, files: Filing) -> None:
        self._store = store
        self._files = files
        self._new = 0

    async def take(self, lines: AsyncIterable[bytes]) -> int:
        """How many rows were new. Raises `ConfigFault` naming the line that isn't what an export has."""
        async with aclosing(self._rows(Numbered(lines))) as rows:
            new = await self._store.import_(rows)
        return new + self._new

    async def _rows(self, lines: "Numbered") -> AsyncGenerator[bytes, None]:
        """The lines for the store, when their files' bytes have been kept."""
        while (line := await lines.next()) is not None:
            if kind(line) == "bytes":
                raise lines.fault("bytes that belong to no file")
            if kind(line) != "file" or kind(lines.ahead or b"") != "bytes":
                yield line
                continue
            begun = lines.number
            file = records.decode(line, lines.number)
            if isinstance(file, FileLine):
                await self._keep(file, lines)
            for _ in range(begun - 1, lines.number):
                yield PASSED_OVER

    async def _keep(self, line: FileLine, lines: "Numbered") -> None:
        """Keep a file whose bytes follow."""
        async with aclosing(content(lines)) as data:
            blob = await self._files.blobs.put(data, max(line.file.blob.bytes, 1))
        if (blob.hash, blob.bytes) != (line.file.blob.hash, line.file.blob.bytes):
            await self._files.blobs.delete(blob.place)
            raise lines.fault(f"other bytes than those of the file '{line.file.id}'")
        try:
            await self._files.add(line.project, moved(line.file, blob.place))
        except InvalidRequest:
            # It is here already, and `add` has removed what was put.
            return
        self._new += 1


class Numbered:
    """Lines with their numbers, and the one that comes next in sight."""

    def __init__(self, lines: AsyncIterable[bytes]) -> None:
        self._lines = aiter(lines)
        self.number = 0
        self.ahead: bytes | None = None
        self._begun = False

    async def next(self) -> bytes | None:
        """The next line; None behind the last."""
        if not self._begun:
            self.ahead, self._begun = await anext(self._lines, None), True
        line = self.ahead
        if line is not None:
            self.number += 1
            self.ahead = await anext(self._lines, None)
        return line

    def fault(self, what: str) -> ConfigFault:
        """The line that was read last isn't what an export has there."""
        return ConfigFault(f"Line {self.number} of the export has {what}.")


def kind(line: bytes) -> str:
    """What a line is; nothing where it can't be read, which the store will say better."""
    try:
        return KINDS.decode(line).kind
    except ValueError:
        return ""


async def content(lines: Numbered) -> AsyncGenerator[bytes, None]:
    """The bytes in the lines that follow. Raises `ConfigFault` where they don't end."""
    while (line := await lines.next()) is not None:
        piece = records.decode(line, lines.number)
        if not isinstance(piece, BytesLine):
            break
        if not piece.bytes:
            return
        yield piece.bytes
    raise lines.fault("no end of the bytes of a file")
