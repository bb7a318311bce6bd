"""Words as each database has them, and what is kept in memory of stores."""

from sample_rows import PROJECT
from sample_vectors import found, made, read

from antiphon.store.memory import MemoryStore
from antiphon.store.near import MatrixNear
from antiphon.store.sql_vectors import FTS5, KNOWN_STORES, TSQUERY, SqlVectors, Words
from antiphon.store.sqlite_memory import SqliteMemory


def test_words_in_the_form_of_each_database() -> None:
    assert FTS5.form(3, ["cats", "dogs"], "any") == 'words : s3 AND {text above} : ("cats" OR "dogs")'
    assert TSQUERY.form(3, ["cats", "dogs"], "all") == "'cats' & 'dogs'"


async def test_common_words_are_ranked_only_where_there_is_no_other() -> None:
    store = MemoryStore()
    backend = SqliteMemory()
    vectors = SqlVectors(backend, MatrixNear(backend), Words(FTS5.form, 2))
    store.vectors = vectors
    await store.vectors.create(PROJECT, made())
    await read(store, "file-1", "pet cat one", "pet cat two", "pet cat three", "pet dog two", "fish")
    assert await found(store, "pet fish") == ([], ["fish"])
    assert await found(store, "pet two") == ([], ["pet cat two", "pet dog two"])
    assert set((await found(store, "pet cat"))[1]) == {"pet cat one", "pet cat two", "pet cat three"}
    assert set((await found(store, "cat nobody"))[1]) == {"pet cat one", "pet cat two", "pet cat three"}
    assert await found(store, "nobody nothing") == ([], [])
    await backend.close()
    await store.close()


async def test_of_many_stores_the_oldest_are_forgotten_and_found_again() -> None:
    store = MemoryStore()
    for number in range(2, KNOWN_STORES + 3):
        await store.vectors.create(PROJECT, made(f"vs_{number}"))
    await store.vectors.create(PROJECT, made())
    await read(store, "file-1", "Cats.")
    assert await found(store, "cats") == ([], ["Cats."])
    assert await store.vectors.passages(PROJECT, "vs_1", []) == []
    await store.close()
