"""Reading in the background: everything is read once, a bad file fails alone, and what a reader leaves another reads."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from antiphon.errors import StoreFault, UnreadableFile, UpstreamUnavailable
from antiphon.runner.ingest import HELD, Ingest, Reader
from antiphon.store.memory import MemoryStore
from antiphon.store.pages import PageQuery
from antiphon.store.vectors import Held, NewPassage, VectorFile, VectorStore

P = "default"
ALL = PageQuery(limit=100, order="asc")


class Clock:
    time = 1_000.0

    def __call__(self) -> float:
        return self.time


class Reads:
    """Reads files whose names say what comes of them."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.going = asyncio.Event()
        self.go = asyncio.Event()

    async def passages(self, held: Held) -> tuple[list[NewPassage], int]:
        self.read.append(held.file_id)
        match held.file_id.split("-")[0]:
            case "bad":
                raise UnreadableFile("It is empty.", code="unsupported_file")
            case "odd":
                raise UnreadableFile("It is odd.", code="other")
            case "down":
                raise UpstreamUnavailable("Nobody embeds.")
            case "store":
                raise StoreFault("The disk is full.")
            case "slow":
                self.going.set()
                await self.go.wait()
        return [NewPassage(number=0, start=0, end=1, text=held.file_id)], 0


def file(file_id: str) -> VectorFile:
    return VectorFile(id=file_id, created_at=1, filename=file_id, most_tokens=800, overlap_tokens=0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(clock: Clock) -> AsyncIterator[MemoryStore]:
    made = MemoryStore(clock)
    await made.vectors.create(P, VectorStore(id="vs_1", created_at=1, last_active_at=1, model="m"))
    yield made
    await made.close()


async def statuses(store: MemoryStore) -> dict[str, str]:
    return {one.id: one.status for one in (await store.vectors.files(P, "vs_1", ALL)).items}


async def until_read(store: MemoryStore) -> None:
    deadline = time.monotonic() + 60
    while await store.vectors.waiting():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_what_waits_is_read_and_a_bad_file_fails_alone(store: MemoryStore, clock: Clock) -> None:
    reads = Reads()
    ingest = Ingest(store.vectors, reads, clock, Reader("me"))
    names = [*(f"good-{n}" for n in range(9)), "bad-1", "odd-1", "down-1"]
    await store.vectors.attach(P, "vs_1", [file(name) for name in names])
    assert await ingest.drain() == 12
    assert sorted(reads.read) == sorted(names)
    found = await statuses(store)
    assert {found[name] for name in names[:9]} == {"completed"}
    faults = [await store.vectors.file(P, "vs_1", name) for name in names[9:]]
    assert [(one.fault, one.message) for one in faults] == [
        ("unsupported_file", "It is empty."), ("invalid_file", "It is odd."), ("server_error", "Nobody embeds."),
    ]  # fmt: skip
    assert await ingest.drain() == 0


async def test_it_reads_what_comes_while_it_runs(store: MemoryStore, clock: Clock) -> None:
    reads = Reads()
    ingest = Ingest(store.vectors, reads, clock, Reader("me", "n"))
    ingest.wake()
    for name in ("good-1", "good-2"):
        await store.vectors.attach(P, "vs_1", [file(name)])
        ingest.wake()
        await until_read(store)
    assert reads.read == ["good-1", "good-2"]
    assert (await store.vectors.get(P, "vs_1")).model == "n"
    await ingest.stop()
    await Ingest(store.vectors, reads, clock, Reader("idle")).stop()


async def test_one_that_is_stopped_leaves_its_files_to_others(store: MemoryStore, clock: Clock) -> None:
    reads = Reads()
    first = Ingest(store.vectors, reads, clock, Reader("first"))
    await store.vectors.attach(P, "vs_1", [file("slow-1")])
    first.wake()
    await reads.going.wait()
    await first.stop()
    reads.go.set()
    assert await Ingest(store.vectors, reads, clock, Reader("second")).drain() == 1
    assert (await statuses(store))["slow-1"] == "completed"


async def test_what_a_dead_reader_held_is_read_when_its_time_is_over(store: MemoryStore, clock: Clock) -> None:
    await store.vectors.attach(P, "vs_1", [file("good-1")])
    assert await store.vectors.hold("dead", clock.time + HELD, 1)
    ingest = Ingest(store.vectors, Reads(), clock, Reader("me"))
    assert await ingest.drain() == 0
    clock.time += HELD
    assert await ingest.drain() == 1


async def test_a_store_that_fails_ends_nothing(store: MemoryStore, clock: Clock) -> None:
    reads = Reads()
    ingest = Ingest(store.vectors, reads, clock, Reader("me"))
    await store.vectors.attach(P, "vs_1", [file("store-1"), file("good-1")])
    with pytest.raises(StoreFault):
        await ingest.drain()
    assert await statuses(store) == {"store-1": "in_progress", "good-1": "completed"}
