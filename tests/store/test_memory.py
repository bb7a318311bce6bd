"""The store in memory beyond what the suites on every store show: it forgets, and projects don't share rows."""

from sample_rows import PROJECT, Make

from antiphon.store.base import ChatFilter, StoredChat
from antiphon.store.memory import MemoryStore
from antiphon.store.pages import PageQuery


async def test_closed_it_has_forgotten(make: Make) -> None:
    store = MemoryStore()
    await store.save_answer(PROJECT, make.answer("resp_1"))
    await store.close()
    assert len([line async for line in store.export()]) == 1


async def test_a_caller_cannot_change_what_is_kept() -> None:
    store = MemoryStore()
    metadata = {"a": "1"}
    await store.save_chat(PROJECT, StoredChat(id="chat_1", created_at=1, model="m", metadata=metadata, body=b""))
    metadata["b"] = "2"
    (await store.get_chat(PROJECT, "chat_1")).metadata["c"] = "3"
    page = await store.list_chats(PROJECT, PageQuery(), ChatFilter())
    assert page.items[0].metadata == {"a": "1"}
