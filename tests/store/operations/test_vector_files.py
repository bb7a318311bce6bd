"""Files of vector stores on every kind of store: in and out, and held while they are read."""

import pytest
from sample_rows import PROJECT, Clock
from sample_vectors import RISING, Kept, file, found, made, passages

from antiphon.errors import NotFound
from antiphon.store.pages import PageQuery
from antiphon.store.vectors import (
    Batch,
    FileCounts,
    Held,
)


async def test_files_go_through_their_states(store: Kept) -> None:
    await store.vectors.create(PROJECT, made())
    batch = Batch(id="vsfb_1", created_at=20)
    await store.vectors.attach(PROJECT, "vs_1", [file(f"file-{n}") for n in range(4)], batch)
    await store.vectors.attach(PROJECT, "vs_1", [file("file-x", attributes={"a": 1, "b": True, "c": "d"})])
    assert await store.vectors.waiting() == 5
    held = await store.vectors.hold("me", 2e9, 3)
    assert [one.file_id for one in held] == ["file-0", "file-1", "file-2"]
    assert (held[0].project, held[0].store_id, held[0].model, held[0].dimension) == (PROJECT, "vs_1", "m", 0)
    assert [one.file_id for one in await store.vectors.hold("other", 2e9, 9)] == ["file-3", "file-x"]
    assert await store.vectors.finish(held[0], passages("One.", "Two."), 2)
    await store.vectors.fail(held[1], "invalid_file", "It is empty.")
    done = await store.vectors.batch(PROJECT, "vs_1", "vsfb_1")
    assert done.counts == FileCounts(completed=1, failed=1, in_progress=2)
    there = await store.vectors.get(PROJECT, "vs_1")
    assert (there.counts.total, there.usage_bytes, there.dimension) == (5, 8 + 16, 2)
    failed = await store.vectors.file(PROJECT, "vs_1", "file-1")
    assert (failed.status, failed.fault, failed.message) == ("failed", "invalid_file", "It is empty.")
    listed = await store.vectors.files(PROJECT, "vs_1", RISING, "completed")
    assert [one.id for one in listed.items] == ["file-0"]
    listed = await store.vectors.files(PROJECT, "vs_1", PageQuery(limit=2), batch_id="vsfb_1")
    assert ([one.id for one in listed.items], listed.has_more) == (["file-3", "file-2"], True)
    cancelled = await store.vectors.cancel(PROJECT, "vs_1", "vsfb_1")
    assert cancelled.cancelled
    assert cancelled.counts == FileCounts(completed=1, failed=1, cancelled=2)
    assert not await store.vectors.finish(held[2], passages("Late."), 2)
    assert (await store.vectors.file(PROJECT, "vs_1", "file-x")).attributes == {"a": 1, "b": True, "c": "d"}
    told = await store.vectors.content(PROJECT, "vs_1", "file-0")
    assert [(one.number, one.text) for one in told] == [(0, "One."), (1, "Two.")]
    for missing in [
        store.vectors.file(PROJECT, "vs_1", "file-9"),
        store.vectors.file(PROJECT, "vs_9", "file-0"),
        store.vectors.batch(PROJECT, "vs_1", "vsfb_\ud800"),
        store.vectors.files(PROJECT, "vs_1", PageQuery(after="file-9")),
        store.vectors.content(PROJECT, "vs_1", "\x00"),
    ]:
        with pytest.raises(NotFound):
            await missing


async def test_a_file_whose_reader_died_is_read_by_another_and_once(store: Kept, clock: Clock) -> None:
    await store.vectors.create(PROJECT, made())
    await store.vectors.attach(PROJECT, "vs_1", [file("file-1")])
    (first,) = await store.vectors.hold("first", clock.time + 10, 5)
    assert await store.vectors.hold("second", clock.time + 10, 5) == []
    await store.vectors.hold_longer("first", clock.time + 20)
    clock.time += 15
    assert await store.vectors.hold("second", clock.time + 10, 5) == []
    clock.time += 5
    (second,) = await store.vectors.hold("second", clock.time + 10, 5)
    assert await store.vectors.finish(second, passages("Cats."), 2)
    assert not await store.vectors.finish(first, passages("Cats.", "Cats."), 2)
    await store.vectors.fail(first, "server_error", "It took too long.")
    assert (await store.vectors.file(PROJECT, "vs_1", "file-1")).status == "completed"
    assert await found(store, "cats") == ([], ["Cats."])
    await store.vectors.attach(PROJECT, "vs_1", [file("file-2")])
    (held,) = await store.vectors.hold("second", clock.time + 10, 5)
    await store.vectors.let_go(held)
    assert [one.key for one in await store.vectors.hold("third", clock.time + 10, 5)] == [held.key]


async def test_nobody_holds_what_nobody_attached(store: Kept) -> None:
    await store.vectors.create(PROJECT, made())
    assert await store.vectors.hold("me", 2e9, 5) == []
    gone = Held(
        key=1, project=PROJECT, store_id="vs_1", file_id="f", most_tokens=1, overlap_tokens=0,
        store=1, model="m", dimension=0, owner="me",
    )  # fmt: skip
    assert not await store.vectors.finish(gone, [], 0)
