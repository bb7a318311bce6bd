"""Passages on every kind of store: found by words and by vectors, of the files that a filter leaves."""

import math

import pytest
from sample_rows import PROJECT
from sample_vectors import Kept, file, found, made, orders, passages, read, vector

from antiphon.errors import InvalidRequest
from antiphon.store.vectors import (
    Attributes,
    NewPassage,
)


async def test_passages_are_found_by_words_and_by_vectors(store: Kept) -> None:
    await store.vectors.create(PROJECT, made())
    await store.vectors.create(PROJECT, made("vs_2"))
    await store.vectors.attach(PROJECT, "vs_2", [file("file-o")])
    (held,) = await store.vectors.hold("me", 2e9, 1)
    await store.vectors.finish(held, passages("Cats elsewhere."), 2)
    at = [vector(1, 0), vector(0, 1), vector(0.6, 0.8)]
    await read(store, "file-1", "The cat sleeps.", "Dogs bark at cats and cats.", "Ponies run.", at=at)
    near, words = await found(store, "What do cats do?", vector(1, 0))
    assert near == ["The cat sleeps.", "Ponies run.", "Dogs bark at cats and cats."]
    assert set(words) == {"The cat sleeps.", "Dogs bark at cats and cats."}
    assert await found(store, "the", vector(0, 1), limit=1) == (["Dogs bark at cats and cats."], [])
    assert await found(store, "running", b"") == ([], ["Ponies run."])
    assert await found(store, "\" OR words: ' | & s2 NEAR(", b"") == ([], [])
    (first,) = await store.vectors.passages(PROJECT, "vs_1", (await orders(store, "ponies")).words)
    assert (first.file_id, first.filename, first.number, first.start, first.end) == ("file-1", "file-1.md", 2, 2, 3)
    assert await store.vectors.passages(PROJECT, "vs_2", [first.key]) == []
    with pytest.raises(InvalidRequest):
        await found(store, "", vector(1, 0, 0))


async def test_a_filter_comes_before_the_order(store: Kept) -> None:
    await store.vectors.create(PROJECT, made())
    for number in range(8):
        at = vector(math.cos(0.1 * (8 - number)), math.sin(0.1 * (8 - number)))
        await read(store, f"file-{number}", f"cat {number}", at=[at], attributes={"n": number})

    def odd(attributes: Attributes) -> bool:
        return int(attributes["n"]) % 2 == 1

    near, words = await found(store, "cat", vector(1, 0), wanted=odd, limit=3)
    assert near == ["cat 7", "cat 5", "cat 3"]
    assert len(words) == 3
    assert set(words) <= {"cat 1", "cat 3", "cat 5", "cat 7"}
    assert await found(store, "cat", vector(1, 0), wanted=lambda _: False) == ([], [])
    changed = await store.vectors.set_attributes(PROJECT, "vs_1", "file-0", {"n": 9})
    assert changed.attributes == {"n": 9}
    near, words = await found(store, "cat", vector(1, 0), wanted=lambda given: given["n"] == 9)
    assert (near, words) == (["cat 0"], ["cat 0"])


async def test_what_is_detached_or_attached_again_is_found_no_more(store: Kept) -> None:
    await store.vectors.create(PROJECT, made())
    await read(store, "file-1", "Old cats.")
    await read(store, "file-2", "Other cats.")
    assert len((await found(store, "cats", vector(1, 0)))[0]) == 2
    await store.vectors.detach(PROJECT, "vs_1", "file-2")
    assert await found(store, "cats", vector(1, 0)) == (["Old cats."], ["Old cats."])
    await store.vectors.attach(PROJECT, "vs_1", [file("file-1")])
    assert await found(store, "cats", vector(1, 0)) == ([], [])
    (held,) = await store.vectors.hold("me", 2e9, 1)
    await store.vectors.finish(held, passages("New cats."), 2)
    assert await found(store, "cats", vector(1, 0)) == (["New cats."], ["New cats."])
    await store.vectors.forget("other", "file-1")
    assert await found(store, "cats") == ([], ["New cats."])
    await store.vectors.forget(PROJECT, "file-1")
    await store.vectors.forget(PROJECT, "file-\x00")
    assert await found(store, "cats") == ([], [])
    await store.vectors.delete(PROJECT, "vs_1")
    await store.vectors.create(PROJECT, made())
    assert await found(store, "cats", vector(1, 0)) == ([], [])


async def test_a_store_without_vectors_is_searched_by_words(store: Kept) -> None:
    await store.vectors.create(PROJECT, made(model=""))
    await store.vectors.attach(PROJECT, "vs_1", [file("file-1")])
    (held,) = await store.vectors.hold("me", 2e9, 1)
    assert await store.vectors.finish(held, [NewPassage(number=0, start=0, end=5, text="Cats.", above="Pets")], 0)
    assert await found(store, "pet", vector(1, 0)) == ([], ["Cats."])
