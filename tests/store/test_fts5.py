"""Words as SQLite has them."""

from sample_rows import PROJECT
from sample_vectors import found, made, read

from antiphon.store.fts5 import Fts5, form
from antiphon.store.memory import MemoryStore
from antiphon.store.near import MatrixNear
from antiphon.store.sql_vectors import SqlVectors
from antiphon.store.sqlite_memory import SqliteMemory


def test_words_in_the_form_of_the_database() -> None:
    assert form(3, ["cats", "dogs"], "any") == 'words : s3 AND {text above} : ("cats" OR "dogs")'
    assert form(3, ["cats", "dogs"], "all") == 'words : s3 AND {text above} : ("cats" AND "dogs")'


async def test_common_words_are_ranked_only_where_there_is_no_other() -> None:
    store = MemoryStore()
    backend = SqliteMemory()
    store.vectors = SqlVectors(backend, MatrixNear(backend), Fts5(backend, common=2))
    await store.vectors.create(PROJECT, made())
    await read(store, "file-1", "pet cat one", "pet cat two", "pet cat three", "pet dog two", "fish")
    assert await found(store, "pet fish") == ([], ["fish"])
    assert await found(store, "pet two") == ([], ["pet cat two", "pet dog two"])
    assert set((await found(store, "pet cat"))[1]) == {"pet cat one", "pet cat two", "pet cat three"}
    assert set((await found(store, "cat nobody"))[1]) == {"pet cat one", "pet cat two", "pet cat three"}
    assert await found(store, "nobody nothing") == ([], [])
    await backend.close()
    await store.close()
