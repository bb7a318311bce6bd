"""What came before a request: the chain, the conversation, and the items it refers to."""

import asyncio
from typing import Any

import msgspec
import pytest
from sample_rows import PROJECT, Clock, Make

from antiphon.engine.prepare import Asked, read_request
from antiphon.errors import ConversationLocked, NotFound
from antiphon.runner.history import conversation_of, history, holding, with_references
from antiphon.sources import seeded
from antiphon.store.base import Conversation
from antiphon.store.memory import MemoryStore
from antiphon.wire.answers import StoredItem

CONVERSATION = Conversation(id="conv_1", created_at=1, metadata={})


def row(item_id: str) -> StoredItem:
    return StoredItem(item_id, f'{{"id":"{item_id}","type":"message","role":"user","content":"hi"}}'.encode())


def asked(**fields: Any) -> Asked:
    return read_request(msgspec.json.encode({"model": "m", "input": "hi", **fields}), seeded("t", 1))


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(Clock())


@pytest.mark.parametrize(("said", "found"), [(None, None), ("conv_1", "conv_1"), ({"id": "conv_1"}, "conv_1")])
def test_the_conversation_in_both_its_forms(said: Any, found: str | None) -> None:
    assert conversation_of(asked(conversation=said)) == found


async def test_nothing_came_before(store: MemoryStore) -> None:
    assert await history(store, PROJECT, asked()) == []


async def test_the_items_of_a_chain(store: MemoryStore) -> None:
    first, second = [(row(f"msg_{number}"),) for number in (1, 2)], [(row(f"msg_{number}"),) for number in (3, 4)]
    await store.save_answer(PROJECT, Make().answer("resp_1", input=first[0], output=first[1]))
    later = Make().answer("resp_2", input=second[0], output=second[1], previous_response_id="resp_1")
    await store.save_answer(PROJECT, later)
    items = await history(store, PROJECT, asked(previous_response_id="resp_2"))
    assert [item.id for item in items] == ["msg_1", "msg_2", "msg_3", "msg_4"]


async def test_the_items_of_a_conversation(store: MemoryStore) -> None:
    await store.create_conversation(PROJECT, CONVERSATION, [row("msg_7")])
    items = await history(store, PROJECT, asked(conversation="conv_1"))
    assert [item.id for item in items] == ["msg_7"]


async def test_what_is_not_there_is_said(store: MemoryStore) -> None:
    with pytest.raises(NotFound):
        await history(store, PROJECT, asked(previous_response_id="resp_1"))
    with pytest.raises(NotFound) as refused:
        await with_references(store, PROJECT, asked(input=[{"type": "item_reference", "id": "msg_1"}]).input, [])
    assert refused.value.param == "input[0].id"


async def test_a_reference_is_the_item_unless_it_is_there_already(store: MemoryStore) -> None:
    await store.save_answer(PROJECT, Make().answer("resp_1", input=(row("msg_1"),), output=(row("msg_2"),)))
    refers = asked(input=[{"id": "msg_1"}, {"type": "item_reference", "id": "msg_2"}, {"role": "user", "content": "x"}])
    found = await with_references(store, PROJECT, refers.input, [])
    assert [item.id for item in found][:2] == ["msg_1", "msg_2"]
    assert [item.type for item in found] == ["message"] * 3
    context = await history(store, PROJECT, asked(previous_response_id="resp_1"))
    again = await with_references(store, PROJECT, refers.input, context)
    assert len(again) == 1


async def test_a_conversation_is_held_and_let_go(store: MemoryStore) -> None:
    await store.create_conversation(PROJECT, CONVERSATION, [])
    async with holding(store, PROJECT, "conv_1", "resp_1"):
        with pytest.raises(ConversationLocked):
            async with holding(store, PROJECT, "conv_1", "resp_2"):
                pass
    async with holding(store, PROJECT, "conv_1", "resp_2"):
        pass


async def test_it_is_let_go_however_it_ends(store: MemoryStore) -> None:
    await store.create_conversation(PROJECT, CONVERSATION, [])
    began = asyncio.Event()

    async def at_work() -> None:
        async with holding(store, PROJECT, "conv_1", "resp_1"):
            began.set()
            await asyncio.Event().wait()

    working = asyncio.ensure_future(at_work())
    await began.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    async with holding(store, PROJECT, "conv_1", "resp_2"):
        pass


async def test_without_a_conversation_nothing_is_held(store: MemoryStore) -> None:
    async with holding(store, PROJECT, None, "resp_1"), holding(store, PROJECT, None, "resp_2"):
        pass
