"""What saving an answer does to its conversation, on every store: all or nothing, in order, once."""

import asyncio
from itertools import pairwise

import pytest
from sample_rows import PROJECT, Clock, Make

from antiphon.errors import ConversationLocked, NotFound
from antiphon.store.base import Conversation, Store
from antiphon.store.pages import PageQuery
from antiphon.wire.answers import Answer, StoredItem

TALK = Conversation(id="conv_1", created_at=1000, metadata={})


def items_of(answer: Answer) -> list[StoredItem]:
    return [*answer.input, *answer.output]


@pytest.mark.parametrize("status", ["completed", "incomplete"])
async def test_what_ended_well_is_appended(store: Store, make: Make, status: str) -> None:
    first = make.item()
    await store.create_conversation(PROJECT, TALK, [first])
    answer = make.answer("resp_1", 2, 2, status=status, conversation_id="conv_1")
    await store.save_answer(PROJECT, answer)
    assert await store.conversation_context(PROJECT, "conv_1") == [first, *items_of(answer)]
    assert (await store.get_answer(PROJECT, "resp_1")).conversation_id == "conv_1"
    assert await store.get_item(PROJECT, "conv_1", answer.output[0].id) == answer.output[0]


@pytest.mark.parametrize("status", ["failed", "cancelled", "queued", "in_progress"])
async def test_what_did_not_end_well_is_not(store: Store, make: Make, status: str) -> None:
    await store.create_conversation(PROJECT, TALK)
    answer = make.answer("resp_1", status=status, conversation_id="conv_1")
    await store.save_answer(PROJECT, answer)
    assert await store.conversation_context(PROJECT, "conv_1") == []
    assert (await store.get_answer(PROJECT, "resp_1")).output == answer.output


async def test_saved_twice_it_is_appended_once(store: Store, make: Make) -> None:
    await store.create_conversation(PROJECT, TALK)
    answer = make.answer("resp_1", 2, 2, status="in_progress", conversation_id="conv_1")
    await store.save_answer(PROJECT, answer)
    ended = make.answer("resp_1", 1, 3, conversation_id="conv_1")
    await store.save_answer(PROJECT, ended)
    await store.add_items(PROJECT, "conv_1", [later := make.item()])
    renewed = make.answer("resp_1", 3, 1, conversation_id="conv_1", body=b"{}")
    await store.save_answer(PROJECT, renewed)
    assert await store.conversation_context(PROJECT, "conv_1") == [*items_of(ended), later]
    saved = await store.get_answer(PROJECT, "resp_1")
    assert (saved.body, saved.output) == (b"{}", ended.output)


async def test_an_item_the_conversation_has_is_not_appended_again(store: Store, make: Make) -> None:
    first = make.item()
    await store.create_conversation(PROJECT, TALK, [first])
    call = make.answer("resp_1", conversation_id="conv_1")
    await store.save_answer(PROJECT, call)
    echoed = make.answer("resp_2", conversation_id="conv_1", input=(first, *call.output, make.item("new")))
    await store.save_answer(PROJECT, echoed)
    assert await store.conversation_context(PROJECT, "conv_1") == [
        first,
        *items_of(call),
        echoed.input[-1],
        *echoed.output,
    ]
    page = await store.input_items(PROJECT, "resp_2", PageQuery(order="asc"))
    assert tuple(page.items) == echoed.input


async def test_without_its_conversation_nothing_is_saved(store: Store, make: Make) -> None:
    await store.create_conversation("theirs", TALK)
    with pytest.raises(NotFound, match="conv_1") as caught:
        await store.save_answer(PROJECT, make.answer("resp_1", conversation_id="conv_1"))
    assert caught.value.param == "conversation"
    with pytest.raises(NotFound):
        await store.get_answer(PROJECT, "resp_1")
    await store.save_answer(PROJECT, make.answer("resp_1", conversation_id="conv_1", status="failed"))
    assert (await store.get_answer(PROJECT, "resp_1")).status == "failed"


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed", "cancelled"])
async def test_an_end_frees_the_lock(store: Store, make: Make, status: str) -> None:
    await store.create_conversation(PROJECT, TALK)
    await store.lock_conversation(PROJECT, "conv_1", "resp_1", 60)
    await store.save_answer(PROJECT, make.answer("resp_1", status="in_progress", conversation_id="conv_1"))
    with pytest.raises(ConversationLocked):
        await store.lock_conversation(PROJECT, "conv_1", "resp_2", 60)
    await store.save_answer(PROJECT, make.answer("resp_1", status=status, conversation_id="conv_1"))
    await store.lock_conversation(PROJECT, "conv_1", "resp_2", 60)


async def test_who_lost_the_lock_appends_nothing(store: Store, make: Make, clock: Clock) -> None:
    await store.create_conversation(PROJECT, TALK)
    await store.lock_conversation(PROJECT, "conv_1", "resp_1", 60)
    clock.time += 61
    await store.lock_conversation(PROJECT, "conv_1", "resp_2", 60)
    with pytest.raises(ConversationLocked):
        await store.save_answer(PROJECT, make.answer("resp_1", conversation_id="conv_1"))
    await store.save_answer(PROJECT, make.answer("resp_1", status="failed", conversation_id="conv_1"))
    with pytest.raises(ConversationLocked):
        await store.lock_conversation(PROJECT, "conv_1", "resp_3", 60)
    ended = make.answer("resp_2", conversation_id="conv_1")
    await store.save_answer(PROJECT, ended)
    assert await store.conversation_context(PROJECT, "conv_1") == items_of(ended)


async def test_many_answers_at_once_each_stay_together(store: Store, make: Make) -> None:
    talks = [Conversation(id=f"conv_{number}", created_at=0, metadata={}) for number in range(3)]
    for talk in talks:
        await store.create_conversation(PROJECT, talk)
    answers = [make.answer(f"resp_{n}", 2, 2, conversation_id=f"conv_{n % 3}") for n in range(60)]
    await asyncio.gather(*(store.save_answer(PROJECT, answer) for answer in answers))
    for number in range(3):
        context = await store.conversation_context(PROJECT, f"conv_{number}")
        groups = [context[start : start + 4] for start in range(0, 80, 4)]
        expected = [items_of(answer) for answer in answers[number::3]]
        assert sorted(groups, key=str) == sorted(expected, key=str)


async def test_a_chain_that_began_in_a_conversation_knows_what_was_before(store: Store, make: Make) -> None:
    before = [make.item(), make.item()]
    await store.create_conversation(PROJECT, TALK, before)
    root = make.answer("resp_1", conversation_id="conv_1")
    await store.save_answer(PROJECT, root)
    await store.add_items(PROJECT, "conv_1", [make.item("later")])
    await store.save_answer(PROJECT, next_one := make.answer("resp_2", previous_response_id="resp_1"))
    expected = [*before, *items_of(root), *items_of(next_one)]
    assert await store.context(PROJECT, "resp_2") == expected
    await store.delete_item(PROJECT, "conv_1", before[0].id)
    assert await store.context(PROJECT, "resp_2") == expected[1:]
    await store.delete_conversation(PROJECT, "conv_1")
    assert await store.context(PROJECT, "resp_2") == expected[2:]


async def test_answers_of_one_group_each_know_what_was_before(store: Store, make: Make) -> None:
    await store.create_conversation(PROJECT, TALK)
    answers = [make.answer(f"resp_{n}", conversation_id="conv_1") for n in range(5)]
    await asyncio.gather(*(store.save_answer(PROJECT, answer) for answer in answers))
    contexts = [await store.context(PROJECT, answer.id) for answer in answers]
    contexts.sort(key=len)
    assert [len(context) for context in contexts] == [2, 4, 6, 8, 10]
    for shorter, longer in pairwise(contexts):
        assert longer[: len(shorter)] == shorter


async def test_deleting_one_side_leaves_the_other(store: Store, make: Make) -> None:
    await store.create_conversation(PROJECT, TALK)
    kept = make.answer("resp_1", 2, 2, conversation_id="conv_1")
    gone = make.answer("resp_2", 2, 2, conversation_id="conv_1")
    for answer in (kept, gone):
        await store.save_answer(PROJECT, answer)
    await store.delete_answer(PROJECT, "resp_2")
    assert await store.conversation_context(PROJECT, "conv_1") == [*items_of(kept), *items_of(gone)]
    await store.delete_item(PROJECT, "conv_1", gone.input[0].id)
    await store.delete_item(PROJECT, "conv_1", kept.output[0].id)
    assert await store.find_item(PROJECT, kept.output[0].id) == kept.output[0]
    with pytest.raises(NotFound):
        await store.find_item(PROJECT, gone.input[0].id)
    await store.delete_conversation(PROJECT, "conv_1")
    assert (await store.get_answer(PROJECT, "resp_1")).output == kept.output
    assert await store.context(PROJECT, "resp_1") == items_of(kept)
    with pytest.raises(NotFound):
        await store.find_item(PROJECT, gone.output[0].id)
