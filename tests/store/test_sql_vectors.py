"""Words as each database has them, and what is kept in memory of stores."""

from sample_rows import PROJECT
from sample_vectors import found, made, read

from antiphon.store.memory import MemoryStore
from antiphon.store.sql_vectors import KNOWN_STORES, fts5_words, tsquery_words


def test_words_in_the_form_of_each_database() -> None:
    assert fts5_words(3, ["cats", "dogs"]) == 'words : s3 AND {text above} : ("cats" OR "dogs")'
    assert tsquery_words(3, ["cats", "dogs"]) == "'cats' | 'dogs'"


async def test_of_many_stores_the_oldest_are_forgotten_and_found_again() -> None:
    store = MemoryStore()
    for number in range(2, KNOWN_STORES + 3):
        await store.vectors.create(PROJECT, made(f"vs_{number}"))
    await store.vectors.create(PROJECT, made())
    await read(store, "file-1", "Cats.")
    assert await found(store, "cats") == ([], ["Cats."])
    assert await store.vectors.passages(PROJECT, "vs_1", []) == []
    await store.close()
