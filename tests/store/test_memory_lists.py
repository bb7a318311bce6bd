"""Lists in memory follow the store. What they give is shown for all stores in `test_lists.py`."""

from sample_rows import PROJECT, Make

from antiphon.store.lists import Chosen
from antiphon.store.memory import MemoryStore


async def test_they_follow_the_store(make: Make) -> None:
    store = MemoryStore()
    await store.save_answer(PROJECT, make.answer("a"))
    assert [row.id for row in (await store.lists.responses(PROJECT, Chosen())).rows] == ["a"]
    await store.delete_answer(PROJECT, "a")
    assert (await store.lists.responses(PROJECT, Chosen())).rows == []
