"""Blobs in a folder: nothing half, nothing left, nothing outside."""

import asyncio
import hashlib
import os
import stat
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from stored_files import stream

from antiphon.errors import InvalidRequest, StoreFault, TooLarge
from antiphon.store.blob_store import PIECE, Found
from antiphon.store.local_blobs import LocalBlobs


def blobs(folder: Path) -> LocalBlobs:
    return LocalBlobs(folder / "files", "h0")


def lying(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def read(store: LocalBlobs, place: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([data async for data in store.open(place, start, end)])


async def all_places(store: LocalBlobs) -> list[Found]:
    return [found async for batch in store.places() for found in batch]


async def test_what_is_put_is_there_under_its_hash(tmp_path: Path) -> None:
    store, content = blobs(tmp_path), os.urandom(3 * PIECE + 7)
    kept = await store.put(stream(content[:5], content[5:PIECE], b"", content[PIECE:]), len(content))
    assert (kept.hash, kept.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert lying(tmp_path / "files") == [kept.place]
    assert kept.place.startswith(f"h0/{kept.hash[:2]}/{kept.hash}-")
    assert stat.S_IMODE((tmp_path / "files").stat().st_mode) == 0o700
    assert await read(store, kept.place) == content
    assert await read(store, kept.place, 10, PIECE + 20) == content[10 : PIECE + 20]
    assert await read(store, kept.place, len(content) - 3) == content[-3:]
    assert await read(store, kept.place, 4, 4) == b""


async def test_the_same_bytes_twice_are_two_blobs(tmp_path: Path) -> None:
    store = blobs(tmp_path)
    first, second = await store.put(stream(b"a"), 1), await store.put(stream(b"a"), 1)
    await store.delete(first.place)
    await store.delete(first.place)
    assert await read(store, second.place) == b"a"
    assert (await store.put(stream(), 1)).bytes == 0


async def test_nothing_is_left_of_what_is_too_large(tmp_path: Path) -> None:
    store = blobs(tmp_path)
    with pytest.raises(TooLarge, match="larger than 9 bytes"):
        await store.put(stream(b"12345", b"67890"), 9)
    assert lying(tmp_path) == []


async def test_nothing_is_left_of_a_stream_that_fails_or_is_given_up(tmp_path: Path) -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        yield b"x" * PIECE
        raise InvalidRequest("enough")

    async def endless() -> AsyncGenerator[bytes, None]:
        yield b"x" * PIECE
        began.set()
        await asyncio.Event().wait()

    store, began = blobs(tmp_path), asyncio.Event()
    with pytest.raises(InvalidRequest, match="enough"):
        await store.put(broken(), 1 << 30)
    putting = asyncio.create_task(store.put(endless(), 1 << 30))
    await began.wait()
    assert len(await all_places(store)) == 1
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert lying(tmp_path) == []


@pytest.mark.parametrize("place", ["../secret", "h0/../../secret", "/etc/passwd", "h0/aa/b", "", "h0/arriving/../x"])
async def test_no_place_leads_out_of_the_folder(tmp_path: Path, place: str) -> None:
    (tmp_path / "secret").write_text("secret")
    store = blobs(tmp_path)
    await store.put(stream(b"a"), 1)
    with pytest.raises(StoreFault, match="files moved along"):
        await read(store, place)
    await store.delete(place)
    assert (tmp_path / "secret").exists()


async def test_places_are_those_of_this_database_alone(tmp_path: Path) -> None:
    store, other = blobs(tmp_path), LocalBlobs(tmp_path / "files", "h1")
    mine, others = await store.put(stream(b"a"), 1), await other.put(stream(b"a"), 1)
    assert [found.place for found in await all_places(store)] == [mine.place]
    assert await read(store, others.place) == b"a"


async def test_without_a_folder_there_is_a_temporary_one() -> None:
    store = LocalBlobs()
    assert await all_places(store) == []
    with pytest.raises(StoreFault):
        await read(store, "own/aa/b")
    kept = await store.put(stream(b"a"), 1)
    assert await read(store, kept.place) == b"a"
    await store.close()
    await store.close()
    with pytest.raises(StoreFault):
        await read(store, kept.place)


async def test_a_folder_that_cannot_be_used_is_the_stores_fault(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("in the way")
    store = blobs(tmp_path)
    with pytest.raises(StoreFault, match="can't be used"):
        await store.put(stream(b"a"), 1)
