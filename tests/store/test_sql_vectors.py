"""What is kept in memory of stores."""

from sample_rows import PROJECT
from sample_vectors import found, made, read

from antiphon.store.memory import MemoryStore
from antiphon.store.sql_vectors import KNOWN_STORES


async def test_of_many_stores_the_oldest_are_forgotten_and_found_again() -> None:
    store = MemoryStore()
    for number in range(2, KNOWN_STORES + 3):
        await store.vectors.create(PROJECT, made(f"vs_{number}"))
    await store.vectors.create(PROJECT, made())
    await read(store, "file-1", "Cats.")
    assert await found(store, "cats") == ([], ["Cats."])
    assert await store.vectors.passages(PROJECT, "vs_1", []) == []
    await store.close()
