"""Rows and bytes together: what was acknowledged is there, and nothing else stays."""

import hashlib
from pathlib import Path

import pytest
from msgspec import structs
from sample_rows import PROJECT, Clock
from stored_files import file, stream, upload

from antiphon.errors import InvalidRequest, NotFound, StoreFault
from antiphon.store.base import OpenStore
from antiphon.store.files import StoredFile, StoredPart
from antiphon.store.filing import Filing
from antiphon.store.local_blobs import LocalBlobs


@pytest.fixture
async def filing(store: OpenStore, tmp_path: Path) -> Filing:
    return Filing(store.files, LocalBlobs(tmp_path / "files", "h0"))


async def added(filing: Filing, file_id: str, content: bytes, **more: object) -> StoredFile:
    blob = await filing.blobs.put(stream(content), 1000)
    return await filing.add(PROJECT, structs.replace(file(file_id, content, **more), blob=blob))


async def places(filing: Filing) -> list[str]:
    return sorted([found.place async for batch in filing.blobs.places() for found in batch])


async def test_the_same_bytes_lie_there_once(filing: Filing) -> None:
    first, second = await added(filing, "a", b"hello"), await added(filing, "b", b"hello")
    assert second.blob == first.blob
    assert await places(filing) == [first.blob.place]
    await filing.delete(PROJECT, "a")
    assert await filing.whole(second) == b"hello"
    assert b"".join([data async for data in filing.content(second, 1, 3)]) == b"el"
    await filing.delete(PROJECT, "b")
    assert await places(filing) == []
    with pytest.raises(NotFound):
        await filing.delete(PROJECT, "b")
    with pytest.raises(StoreFault, match="moved along"):
        await filing.whole(second)


async def test_a_file_that_is_refused_leaves_no_bytes(filing: Filing) -> None:
    await added(filing, "a", b"hello")
    with pytest.raises(InvalidRequest, match="already"):
        await added(filing, "a", b"other")
    assert len(await places(filing)) == 1


async def parted(filing: Filing, *contents: bytes, size: int | None = None) -> None:
    """An upload `u` of parts p0, p1…"""
    whole = b"".join(contents)
    await filing.rows.create_upload(PROJECT, upload("u", len(whole) if size is None else size))
    for number, content in enumerate(contents):
        blob = await filing.blobs.put(stream(content), 1000)
        await filing.add_part(PROJECT, "u", StoredPart(id=f"p{number}", created_at=1, blob=blob))


async def test_parts_become_a_file_in_the_order_that_is_said(filing: Filing) -> None:
    await parted(filing, b"world", b"hello ")
    found = await filing.rows.get_upload(PROJECT, "u")
    md5 = hashlib.md5(b"hello world").hexdigest().upper()  # noqa: S324 - the API's own checksum
    blob = await filing.join(PROJECT, found, ["p1", "p0"], md5)
    kept = await filing.complete(PROJECT, "u", structs.replace(file("f"), blob=blob))
    assert await filing.whole(kept) == b"hello world"
    assert await places(filing) == [kept.blob.place]


@pytest.mark.parametrize(
    ("part_ids", "md5", "param"),
    [
        (["p0"], None, "part_ids"),
        (["p0", "p2"], None, "part_ids[1]"),
        (["p0", "p1", "p0"], None, "part_ids[2]"),
        ([], None, "part_ids"),
        (["p0", "p1"], "00", "md5"),
    ],
)
async def test_parts_that_do_not_make_the_file(
    filing: Filing, part_ids: list[str], md5: str | None, param: str
) -> None:
    await parted(filing, b"hello ", b"world")
    with pytest.raises(InvalidRequest) as fault:
        await filing.join(PROJECT, await filing.rows.get_upload(PROJECT, "u"), part_ids, md5)
    assert fault.value.param == param
    assert len(await places(filing)) == 2


async def test_a_part_that_is_refused_and_an_upload_that_is_cancelled_leave_no_bytes(filing: Filing) -> None:
    with pytest.raises(InvalidRequest, match="more than the 8 bytes"):
        await parted(filing, b"12345", b"6789", size=8)
    assert len(await places(filing)) == 1
    assert (await filing.cancel(PROJECT, "u")).status == "cancelled"
    assert await places(filing) == []


async def test_two_who_complete_at_once_make_one_file(filing: Filing) -> None:
    await parted(filing, b"hello")
    found = await filing.rows.get_upload(PROJECT, "u")
    first, second = [await filing.join(PROJECT, found, ["p0"]) for _ in range(2)]
    await filing.complete(PROJECT, "u", structs.replace(file("f"), blob=first))
    with pytest.raises(InvalidRequest, match="is completed"):
        await filing.complete(PROJECT, "u", structs.replace(file("g"), blob=second))
    assert await places(filing) == [first.place]


async def test_what_expires_is_swept_with_its_bytes(filing: Filing, clock: Clock) -> None:
    await added(filing, "a", b"hello", expires_at=int(clock()) + 5)
    await parted(filing, b"hello")
    assert await filing.sweep(10) == 0
    clock.time += 3600
    assert await filing.sweep(10) == 2
    assert await places(filing) == []


async def test_bytes_that_no_row_knows_are_swept_once_they_are_old(filing: Filing) -> None:
    kept = await added(filing, "a", b"hello")
    await parted(filing, b"part")
    await filing.blobs.put(stream(b"stray"), 1000)
    assert await filing.sweep_strays(0) == 0
    assert await filing.sweep_strays(1e12) == 1
    assert len(await places(filing)) == 2
    assert await filing.whole(kept) == b"hello"
