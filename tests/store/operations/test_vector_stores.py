"""Vector stores on every kind of store: made, listed, changed, emptied."""

import pytest
from sample_rows import PROJECT
from sample_vectors import Kept, file, found, made, passages, read, vector

from antiphon.errors import InvalidRequest, NotFound
from antiphon.store.pages import PageQuery
from antiphon.store.vectors import (
    NewPassage,
)


async def test_a_store_is_made_changed_and_deleted(store: Kept) -> None:
    await store.vectors.ready()
    await store.vectors.create(PROJECT, made(name="n", metadata={"a": "é"}, description="d", expires_days=1))
    there = await store.vectors.get(PROJECT, "vs_1")
    assert (there.name, there.metadata, there.description, there.expires_at) == ("n", {"a": "é"}, "d", 10 + 86_400)
    with pytest.raises(InvalidRequest):
        await store.vectors.create(PROJECT, made())
    with pytest.raises(InvalidRequest):
        await store.vectors.create(PROJECT, made("vs_2", name="\x00"))
    with pytest.raises(NotFound):
        await store.vectors.get("other", "vs_1")
    changed = await store.vectors.update(PROJECT, made(name="o", last_active_at=50))
    assert (changed.name, changed.metadata, changed.expires_at, changed.last_active_at) == ("o", {}, None, 50)
    await store.vectors.touch(PROJECT, "vs_1", 40)
    await store.vectors.touch(PROJECT, "vs_1", 60)
    assert (await store.vectors.get(PROJECT, "vs_1")).last_active_at == 60
    await store.vectors.delete(PROJECT, "vs_1")
    with pytest.raises(NotFound):
        await store.vectors.get(PROJECT, "vs_1")


async def test_stores_are_listed_by_time(store: Kept) -> None:
    for number in range(5):
        await store.vectors.create(PROJECT, made(f"vs_{number}", created_at=number // 2))
    await store.vectors.create("other", made("vs_9"))
    page = await store.vectors.list_all(PROJECT, PageQuery(limit=3))
    assert [one.id for one in page.items] == ["vs_4", "vs_3", "vs_2"]
    assert page.has_more
    page = await store.vectors.list_all(PROJECT, PageQuery(after="vs_2", order="asc"))
    assert [one.id for one in page.items] == ["vs_3", "vs_4"]
    page = await store.vectors.list_all(PROJECT, PageQuery(before="vs_2", limit=1))
    assert [one.id for one in page.items] == ["vs_3"]
    with pytest.raises(NotFound):
        await store.vectors.list_all(PROJECT, PageQuery(after="vs_9"))


async def test_another_model_has_everything_read_again(store: Kept) -> None:
    await store.vectors.create(PROJECT, made())
    await store.vectors.create(PROJECT, made("vs_own", follows=False))
    await read(store, "file-1", "Cats.")
    await store.vectors.attach(PROJECT, "vs_1", [file("file-2")])
    (old,) = await store.vectors.hold("old", 2e9, 1)
    assert await store.vectors.follow("m") == 0
    assert await store.vectors.follow("n") == 1
    there = await store.vectors.get(PROJECT, "vs_1")
    assert (there.model, there.dimension, there.counts.in_progress) == ("n", 0, 2)
    assert not await store.vectors.finish(old, passages("Cats."), 2)
    (held,) = await store.vectors.hold("new", 2e9, 5)
    assert (held.file_id, held.model) == ("file-1", "n")
    three = [NewPassage(number=0, start=0, end=1, text="Cats.", vector=vector(0, 0, 1))]
    assert await store.vectors.finish(held, three, 3)
    assert await found(store, "", vector(0, 0, 1)) == (["Cats."], [])
    await store.vectors.set_model(PROJECT, "vs_own", "p")
    assert (await store.vectors.get(PROJECT, "vs_own")).model == "p"


async def test_a_store_whose_time_is_over_is_emptied(store: Kept) -> None:
    await store.vectors.create(PROJECT, made(expires_days=1))
    await read(store, "file-1", "Cats.")
    assert await store.vectors.sweep(86_409, 10) == 0
    assert await store.vectors.sweep(86_410, 10) == 1
    assert await store.vectors.sweep(86_410, 10) == 0
    assert (await store.vectors.get(PROJECT, "vs_1")).counts.total == 0
    assert await found(store, "cats", vector(1, 0)) == ([], [])
