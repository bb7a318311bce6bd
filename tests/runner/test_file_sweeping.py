"""Files whose time is over are removed in batches, and what a crash left behind once it is old."""

import asyncio
import logging
import os
from pathlib import Path

import pytest
from msgspec import structs
from stored_files import file, stream

from antiphon.errors import StoreFault
from antiphon.runner.file_sweeping import BATCH, STRAY_AFTER, keep_sweeping_files, sweep_files
from antiphon.store.filing import Filing
from antiphon.store.local_blobs import LocalBlobs
from antiphon.store.memory import MemoryStore

NOW = 1_000_000_000.0


class Failing(Filing):
    """Files whose sweep fails once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(MemoryStore(lambda: NOW).files, LocalBlobs(folder))
        self.faults = [StoreFault("The disk is away.")]
        self.looked = asyncio.Event()

    async def sweep(self, limit: int) -> int:
        if self.faults:
            self.looked.set()
            raise self.faults.pop()
        return await super().sweep(limit)


class Watched(Filing):
    """Files of which a test hears that strays were looked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(MemoryStore(lambda: NOW).files, LocalBlobs(folder))
        self.looked_for_strays = asyncio.Event()

    async def sweep_strays(self, before: float) -> int:
        gone = await super().sweep_strays(before)
        self.looked_for_strays.set()
        return gone


async def test_a_sweep_goes_on_until_nothing_is_left(tmp_path: Path) -> None:
    files = Watched(tmp_path)
    for number in range(BATCH + 1):
        await files.rows.create("p", file(f"f{number}", expires_at=1))
    assert await sweep_files(files) == BATCH + 1
    assert await sweep_files(files) == 0


async def test_what_a_crash_left_is_removed_an_hour_later(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = Watched(tmp_path)
    kept = await files.add("p", structs.replace(file("a"), blob=await files.blobs.put(stream(b"kept"), 9)))
    old, young = [await files.blobs.put(stream(text), 9) for text in (b"old", b"young")]
    half = tmp_path / "own" / "arriving" / "00"
    half.write_text("half")
    for path, age in (
        (half, 1),
        (tmp_path / old.place, 1),
        (tmp_path / young.place, -1),
        (tmp_path / kept.blob.place, 9),
    ):
        os.utime(path, times=(0, NOW - STRAY_AFTER - age))
    with caplog.at_level(logging.INFO, logger="antiphon"):
        sweeping = asyncio.create_task(keep_sweeping_files(files, lambda: NOW))
        async with asyncio.timeout(60):
            await files.looked_for_strays.wait()
        await asyncio.sleep(0)
        sweeping.cancel()
        await asyncio.wait({sweeping})
    assert "2 blobs were left behind" in caplog.text
    assert not half.exists()
    assert not (tmp_path / old.place).exists()
    assert (tmp_path / young.place).exists()
    assert await files.whole(kept) == b"kept"


async def test_a_fault_is_said_and_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = Failing(tmp_path)
    sweeping = asyncio.create_task(keep_sweeping_files(files, lambda: NOW))
    await files.looked.wait()
    await asyncio.sleep(0)
    assert not sweeping.done()
    sweeping.cancel()
    await asyncio.wait({sweeping})
    assert "The disk is away." in caplog.text
