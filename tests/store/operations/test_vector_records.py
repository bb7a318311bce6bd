"""Vector stores move between all kinds of stores, as they are, with everything that a search finds."""

import math
from collections.abc import AsyncIterator, Iterable

import msgspec
from sample_rows import PROJECT, Clock
from sample_vectors import RISING, file, found, made, passages, read, vector

from antiphon.store.base import OpenStore
from antiphon.store.open import open_store
from antiphon.store.operations import rows
from antiphon.store.operations.vector_records import HELD_SECONDS
from antiphon.store.vectors import Batch

TEXTS = [f"cat {number}" for number in range(rows.ROWS + 7)]


async def lines(given: Iterable[bytes]) -> AsyncIterator[bytes]:
    for line in given:
        yield line


async def exported(store: OpenStore) -> list[bytes]:
    return [line async for line in store.export()]


async def fill(store: OpenStore) -> None:
    """A store of a large file, a small one and two batches: one is through, of the other a file waits and one failed."""
    await store.vectors.ready()
    await store.vectors.create(PROJECT, made(metadata={"a": "b"}, expires_days=7, name="kept"))
    await store.vectors.create("other", made("vs_2", follows=False))
    await read(store, "file-1", *TEXTS, at=[vector(math.cos(0.02 * n), math.sin(0.02 * n)) for n in range(len(TEXTS))])
    await store.vectors.attach(PROJECT, "vs_1", [file("file-2", attributes={"n": 2.5})], Batch(id="b1", created_at=3))
    await store.vectors.attach(PROJECT, "vs_1", [file("file-3")], Batch(id="b2", created_at=4))
    second, third = await store.vectors.hold("me", 2e9, 9)
    told = msgspec.structs.replace(passages("dog")[0], heading=("A", "B"), page=3, above="animals", vector=b"")
    assert await store.vectors.finish(second, [told], 2)
    await store.vectors.fail(third, "invalid_file", "It is empty.")
    await store.vectors.attach(PROJECT, "vs_1", [file("file-4")])
    await store.vectors.cancel(PROJECT, "vs_1", "b2")


async def test_everything_moves(store: OpenStore, clock: Clock, other_url: str) -> None:
    await fill(store)
    given = await exported(store)
    target = await open_store(other_url, clock)
    assert await target.import_(lines(given)) > 0
    assert await exported(target) == given
    assert await target.import_(lines(given)) == 0
    assert await target.vectors.list_all(PROJECT, RISING) == await store.vectors.list_all(PROJECT, RISING)
    for batch in ("", "b1", "b2"):
        there = await target.vectors.files(PROJECT, "vs_1", RISING, batch_id=batch)
        assert there == await store.vectors.files(PROJECT, "vs_1", RISING, batch_id=batch)
    for batch in ("b1", "b2"):
        assert await target.vectors.batch(PROJECT, "vs_1", batch) == await store.vectors.batch(PROJECT, "vs_1", batch)
    for words, near in (("cat 9", vector(1, 0)), ("animals", b""), ("", vector(0.6, 0.8))):
        assert await found(target, words, near, limit=9) == await found(store, words, near, limit=9)
    for name in ("file-1", "file-2"):
        told = await target.vectors.content(PROJECT, "vs_1", name)
        assert told == await store.vectors.content(PROJECT, "vs_1", name)
    assert [held.file_id for held in await target.vectors.hold("you", 3e9, 9)] == ["file-4"]
    await target.close()


async def test_an_import_that_broke_off_is_taken_up_or_the_file_is_read_anew(
    store: OpenStore, clock: Clock, other_url: str
) -> None:
    await fill(store)
    given = await exported(store)
    cut = next(at for at, line in enumerate(given) if b'"kind":"passages"' in line) + 1
    target = await open_store(other_url, clock)
    await target.import_(lines(given[:cut]))
    (one,) = [one for one in (await target.vectors.files(PROJECT, "vs_1", RISING)).items if one.id == "file-1"]
    assert one.status == "in_progress"
    assert [held.file_id for held in await target.vectors.hold("you", clock() + 1, 9)] == ["file-4"]
    await target.import_(lines(given))
    assert (await target.vectors.content(PROJECT, "vs_1", "file-1"))[-1].text == TEXTS[-1]
    assert len(await target.vectors.content(PROJECT, "vs_1", "file-1")) == len(TEXTS)
    await target.close()


async def test_files_of_an_import_that_nobody_goes_on_with_wait_to_be_read(
    store: OpenStore, clock: Clock, other_url: str
) -> None:
    await fill(store)
    given = await exported(store)
    cut = next(at for at, line in enumerate(given) if b'"kind":"passages"' in line) + 1
    target = await open_store(other_url, clock)
    await target.import_(lines(given[:cut]))
    clock.time += HELD_SECONDS + 1
    assert "file-1" in [held.file_id for held in await target.vectors.hold("you", clock() + 1, 9)]
    before = await exported(target)
    assert await target.import_(lines([given[0], *given[cut:]])) == 0
    assert await exported(target) == before
    await target.close()


async def test_vectors_of_another_model_than_that_of_the_target_are_left_out(
    store: OpenStore, clock: Clock, other_url: str
) -> None:
    await fill(store)
    given = await exported(store)
    target = await open_store(other_url, clock)
    await target.vectors.ready()
    await target.vectors.create(PROJECT, made(model="another", dimension=3))
    await target.import_(lines(given))
    counts = (await target.vectors.get(PROJECT, "vs_1")).counts
    assert (counts.in_progress, counts.completed) == (3, 0)
    assert len(await target.vectors.hold("you", 3e9, 9)) == 3
    await target.close()
