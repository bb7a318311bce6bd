"""A database in memory: everything at once and in order, and nothing after it was closed."""

import pytest
from sample_rows import PROJECT

from antiphon.errors import NotFound, StoreFault
from antiphon.store.base import Conversation
from antiphon.store.sql_store import SqlStore
from antiphon.store.sqlite_memory import SqliteMemory

TALK = Conversation(id="conv_1", created_at=1, metadata={})


async def test_it_is_a_backend_like_a_file() -> None:
    backend = SqliteMemory()
    store = SqlStore(backend)
    await store.create_conversation(PROJECT, TALK)
    await store.lock_conversation(PROJECT, "conv_1", "me", 10)
    assert await store.get_conversation(PROJECT, "conv_1") == TALK
    with pytest.raises(NotFound):
        await store.update_conversation(PROJECT, "conv_2", {})
    assert [line async for line in store.export()][1:]
    await store.close()
    await store.close()
    with pytest.raises(StoreFault):
        await store.get_conversation(PROJECT, "conv_1")


async def test_one_that_nobody_used_is_closed_too() -> None:
    await SqliteMemory().close()
