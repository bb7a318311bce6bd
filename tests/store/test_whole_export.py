"""An export with the bytes of files, taken in elsewhere: the same bytes, shared ones once, and nothing left over."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from sample_rows import PROJECT, Clock

from antiphon.errors import ConfigFault
from antiphon.store.base import OpenStore
from antiphon.store.files import StoredFile
from antiphon.store.filing import Filing
from antiphon.store.local_blobs import LocalBlobs
from antiphon.store.memory import MemoryStore
from antiphon.store.records import FileLine, decode
from antiphon.store.whole_export import PASSED_OVER, WholeExport, WholeImport

LARGE = bytes(range(256)) * 3_000
CONTENT = {"file-1": b"hello", "file-2": LARGE, "file-3": b"", "file-4": b"hello"}


async def stream(given: Iterable[bytes]) -> AsyncIterator[bytes]:
    for one in given:
        yield one


class Place:
    """A store with the bytes of its files in a folder."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self.store: OpenStore = MemoryStore(clock)
        self.blobs = LocalBlobs(folder, "home")
        self.filing = Filing(self.store.files, self.blobs)

    async def fill(self) -> None:
        for file_id, data in CONTENT.items():
            blob = await self.blobs.put(stream([data]), 1 << 20)
            row = StoredFile(
                id=file_id, created_at=1, filename="a", purpose="assistants", media_type="text/plain", blob=blob
            )
            await self.filing.add(PROJECT, row)

    async def lines(self) -> list[bytes]:
        return [line async for line in WholeExport(self.store, self.blobs).lines()]

    async def take(self, given: Iterable[bytes]) -> int:
        return await WholeImport(self.store, self.filing).take(stream(given))

    async def content(self) -> dict[str, bytes]:
        return {name: await self.filing.whole(await self.store.files.get(PROJECT, name)) for name in CONTENT}

    def blob_files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]

    async def close(self) -> None:
        await self.blobs.close()
        await self.store.close()


@pytest.fixture
async def places(tmp_path: Path, clock: Clock) -> AsyncIterator[tuple[Place, Place]]:
    source, target = Place(tmp_path / "source", clock), Place(tmp_path / "target", clock)
    await source.fill()
    yield source, target
    await source.close()
    await target.close()


async def test_bytes_arrive_as_they_were(places: tuple[Place, Place]) -> None:
    source, target = places
    given = await source.lines()
    assert max(map(len, given)) < 400_000
    assert await target.take(given) == 4
    assert await target.content() == CONTENT
    assert len(target.blob_files()) == len(source.blob_files()) == 3
    assert await target.take(given) == 0
    assert len(target.blob_files()) == 3
    assert [len(line) for line in await target.lines()] == [len(line) for line in given]


async def test_files_whose_bytes_are_gone_are_told_and_move_without_them(places: tuple[Place, Place]) -> None:
    source, target = places
    large = await source.store.files.get(PROJECT, "file-2")
    await source.blobs.delete(large.blob.place)
    whole = WholeExport(source.store, source.blobs)
    given = [line async for line in whole.lines()]
    assert whole.lost == ["file-2"]
    assert await target.take(given) == 4
    assert (await target.store.files.get(PROJECT, "file-2")).blob == large.blob


async def test_an_export_without_bytes_is_taken_in_too(places: tuple[Place, Place]) -> None:
    source, target = places
    assert await target.take([line async for line in source.store.export()]) == 4
    assert target.blob_files() == []


async def test_a_store_alone_passes_over_bytes(places: tuple[Place, Place]) -> None:
    source, target = places
    assert await target.store.import_(stream(await source.lines())) == 4
    assert decode(PASSED_OVER, 2) is not None


async def test_what_is_spoilt_is_named_by_its_line_and_leaves_nothing(places: tuple[Place, Place]) -> None:
    source, target = places
    given = await source.lines()
    at = next(number for number, line in enumerate(given) if isinstance(decode(line, number + 1), FileLine))
    data, end = given[at + 1 : at + 3]
    spoilt = {
        f"Line {at + 3} .*other bytes": [*given[:at], given[at], data.replace(b"aGVs", b"aGVz"), end],
        f"Line {at + 2} .*no end": given[: at + 2],
        f"Line {at + 3} .*no end": [*given[: at + 2], given[at]],
        f"Line {at + 1} .*no file": [*given[:at], data, end],
        f"Line {at + 4} .*can't be read": [*given[: at + 3], b"{"],
    }
    for said, lines in spoilt.items():
        with pytest.raises(ConfigFault, match=said):
            await target.take(lines)
    assert len(target.blob_files()) == 1
