"""The lists over a backend are operations that read. What they give is shown for all stores in `test_lists.py`."""

from sample_rows import PROJECT, Make

from antiphon.store.base import OpenStore
from antiphon.store.lists import Chosen
from antiphon.store.sql_lists import SqlLists
from antiphon.store.sql_store import SqlStore


async def test_a_store_has_them(store: OpenStore, make: Make) -> None:
    assert isinstance(store.lists, SqlLists) == isinstance(store, SqlStore)
    await store.save_answer(PROJECT, make.answer("a"))
    assert [row.id for row in (await store.lists.responses(PROJECT, Chosen())).rows] == ["a"]
