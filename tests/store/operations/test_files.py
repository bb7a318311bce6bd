"""The rows of files on every store: kept, listed, deleted, expired, exported, and bytes that are kept once."""

import asyncio

import pytest
from sample_rows import PROJECT, Clock
from sample_vectors import file as attached
from sample_vectors import found, read, vector
from sample_vectors import made as made_store
from stored_files import file

from antiphon.errors import InvalidRequest, NotFound
from antiphon.store.base import OpenStore
from antiphon.store.files import StoredFile, Swept, Usage
from antiphon.store.open import open_store
from antiphon.store.pages import Page, PageQuery

RISING = PageQuery(order="asc")


def ids(page: Page[StoredFile]) -> tuple[list[str], bool]:
    return [row.id for row in page.items], page.has_more


async def test_a_file_is_kept_and_found_by_its_project_alone(store: OpenStore) -> None:
    kept = file("file-1", filename="né\n.txt", expires_at=2_000_000)
    assert await store.files.create(PROJECT, kept) == kept
    assert await store.files.get(PROJECT, "file-1") == kept
    for project, name in (("other", "file-1"), (PROJECT, "file-2"), (PROJECT, "\x00")):
        for made in (store.files.get(project, name), store.files.delete(project, name)):
            with pytest.raises(NotFound, match="No such File object"):
                await made
    with pytest.raises(InvalidRequest, match="already a file"):
        await store.files.create(PROJECT, kept)
    with pytest.raises(InvalidRequest, match="NUL"):
        await store.files.create(PROJECT, file("file-3", filename="a\x00"))


async def test_files_with_the_same_bytes_share_a_place_within_their_project(store: OpenStore) -> None:
    first = await store.files.create(PROJECT, file("a"))
    second = await store.files.create(PROJECT, file("b"))
    foreign = await store.files.create("other", file("c"))
    assert second.blob == first.blob != foreign.blob
    assert (await store.files.get(PROJECT, "b")).blob.place == "place of a"
    assert sorted(await store.files.known(["place of a", "place of b", "place of c"])) == ["place of a", "place of c"]
    assert await store.files.delete(PROJECT, "a") == []
    assert await store.files.delete(PROJECT, "b") == ["place of a"]
    assert (await store.files.create(PROJECT, file("d"))).blob.place == "place of d"


async def test_many_at_once_agree_on_one_place(store: OpenStore) -> None:
    made = await asyncio.gather(*(store.files.create(PROJECT, file(f"f{n}")) for n in range(20)))
    assert len({one.blob.place for one in made}) == 1
    gone = await asyncio.gather(*(store.files.delete(PROJECT, f"f{n}") for n in range(20)))
    assert [places for places in gone if places] == [[made[0].blob.place]]


async def test_lists_by_time_and_purpose(store: OpenStore) -> None:
    for name, at, purpose in (("b", 2, "user_data"), ("a", 1, "vision"), ("c", 2, "vision"), ("d", 3, "user_data")):
        await store.files.create(PROJECT, file(name, name.encode(), created_at=at, purpose=purpose))
    assert ids(await store.files.list_all(PROJECT, RISING)) == (["a", "b", "c", "d"], False)
    assert ids(await store.files.list_all(PROJECT, PageQuery(limit=2))) == (["d", "c"], True)
    assert ids(await store.files.list_all(PROJECT, PageQuery(after="c"))) == (["b", "a"], False)
    assert ids(await store.files.list_all(PROJECT, RISING, "vision")) == (["a", "c"], False)
    assert ids(await store.files.list_all(PROJECT, PageQuery(after="b", order="asc"), "vision")) == (["c"], False)
    assert ids(await store.files.list_all(PROJECT, RISING, "\x00")) == ([], False)
    assert ids(await store.files.list_all("other", RISING)) == ([], False)
    for cursor in ("e", "\x00"):
        with pytest.raises(NotFound, match="'after'"):
            await store.files.list_all(PROJECT, PageQuery(after=cursor))


async def test_what_has_expired_is_gone_and_then_swept(store: OpenStore, clock: Clock) -> None:
    now = int(clock())
    for name, expires in (("a", now + 10), ("b", now + 20), ("c", None)):
        await store.files.create(PROJECT, file(name, b"the same", expires_at=expires))
    clock.time += 10
    with pytest.raises(NotFound):
        await store.files.get(PROJECT, "a")
    assert ids(await store.files.list_all(PROJECT, RISING)) == (["b", "c"], False)
    assert await store.files.sweep(10) == Swept(1, [])
    assert await store.files.sweep(10) == Swept(0, [])
    await store.files.delete(PROJECT, "c")
    clock.time += 10
    assert await store.files.sweep(10) == Swept(1, ["place of a"])


async def test_a_file_that_is_deleted_or_swept_leaves_its_vector_stores(store: OpenStore, clock: Clock) -> None:
    now = int(clock())
    for project in (PROJECT, "other"):
        await store.vectors.create(project, made_store(created_at=now, last_active_at=now))
    for name, expires in (("swept", now + 10), ("deleted", None), ("kept", now + 20)):
        await store.files.create(PROJECT, file(name, name.encode(), expires_at=expires))
        await read(store, name, f"{name} words", at=[vector(1, 0)])
    await store.files.create("other", file("deleted", b"another's"))
    await store.vectors.attach("other", "vs_1", [attached("deleted")])
    assert len((await found(store, "words"))[1]) == 3
    await store.files.delete(PROJECT, "deleted")
    clock.time += 10
    assert (await store.files.sweep(10)).rows == 1
    assert await found(store, "words", vector(1, 0)) == (["kept words"], ["kept words"])
    assert (await store.vectors.get(PROJECT, "vs_1")).counts.total == 1
    assert (await store.vectors.get("other", "vs_1")).counts.total == 1
    with pytest.raises(NotFound):
        await store.vectors.file(PROJECT, "vs_1", "swept")


async def test_a_sweep_has_an_end(store: OpenStore, clock: Clock) -> None:
    for name in "abc":
        await store.files.create(PROJECT, file(name, name.encode(), expires_at=int(clock())))
    assert (await store.files.sweep(2)).rows == 2
    assert (await store.files.sweep(2)).rows == 1


async def test_usage_counts_every_file(store: OpenStore) -> None:
    assert await store.files.usage(PROJECT) == Usage(0, 0)
    await store.files.create(PROJECT, file("a", b"12345"))
    await store.files.create(PROJECT, file("b", b"12345"))
    await store.files.create("other", file("c", b"1"))
    assert await store.files.usage(PROJECT) == Usage(2, 10)


async def test_a_database_keeps_the_name_of_its_place(store_url: str) -> None:
    names = []
    for _ in range(2):
        opened = await open_store(store_url)
        names += [await opened.files.home(), await opened.files.home()]
        await opened.close()
    assert len(set(names)) == (2 if store_url == "memory://" else 1)
    assert all(name.isalnum() for name in names)


async def test_files_move_without_their_bytes(store: OpenStore, other_url: str) -> None:
    await store.files.create(PROJECT, file("a"))
    await store.files.create(PROJECT, file("b"))
    await store.files.create("other", file("c", b"other", expires_at=2_000_000_000))
    target = await open_store(other_url)
    assert await target.import_(store.export()) == 3
    assert await target.import_(store.export()) == 0
    assert await target.files.get(PROJECT, "b") == await store.files.get(PROJECT, "b")
    assert await target.files.get("other", "c") == file("c", b"other", expires_at=2_000_000_000)
    await target.close()
