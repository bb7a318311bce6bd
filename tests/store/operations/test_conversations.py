"""Conversations by themselves: rows, items, paging, locks, on every store."""

import asyncio

import pytest
from sample_rows import PROJECT, Clock, Make

from antiphon.errors import ConversationLocked, InvalidRequest, NotFound
from antiphon.store.base import Conversation, Store
from antiphon.store.pages import Order, PageQuery
from antiphon.wire.answers import StoredItem

TALK = Conversation(id="conv_1", created_at=1000, metadata={"topic": "né\x00", "": '"\\'})


async def ids(store: Store, **query: object) -> tuple[list[str], bool]:
    page = await store.list_items(PROJECT, "conv_1", PageQuery(**query))  # type: ignore[arg-type] # by name
    return [item.id for item in page.items], page.has_more


async def test_a_conversation_comes_back(store: Store, make: Make) -> None:
    items = [make.item() for _ in range(3)]
    await store.create_conversation(PROJECT, TALK, items)
    assert await store.get_conversation(PROJECT, "conv_1") == TALK
    assert await store.conversation_context(PROJECT, "conv_1") == items
    assert await store.get_item(PROJECT, "conv_1", items[1].id) == items[1]
    assert await store.find_item(PROJECT, items[1].id) == items[1]


async def test_an_empty_conversation(store: Store) -> None:
    await store.create_conversation(PROJECT, TALK)
    assert await store.conversation_context(PROJECT, "conv_1") == []
    assert await ids(store) == ([], False)
    await store.add_items(PROJECT, "conv_1", [])
    assert await store.conversation_context(PROJECT, "conv_1") == []


async def test_an_id_is_taken_once(store: Store) -> None:
    await store.create_conversation(PROJECT, TALK)
    with pytest.raises(InvalidRequest, match="conv_1"):
        await store.create_conversation(PROJECT, TALK)
    await store.create_conversation("other", TALK)


async def test_new_metadata_replaces_the_old(store: Store) -> None:
    await store.create_conversation(PROJECT, TALK)
    updated = await store.update_conversation(PROJECT, "conv_1", {"new": "one"})
    assert updated == Conversation(id="conv_1", created_at=1000, metadata={"new": "one"})
    assert await store.get_conversation(PROJECT, "conv_1") == updated


async def test_items_are_appended_in_order(store: Store, make: Make) -> None:
    items = [make.item() for _ in range(9)]
    await store.create_conversation(PROJECT, TALK, items[:2])
    await store.add_items(PROJECT, "conv_1", items[2:5])
    await store.add_items(PROJECT, "conv_1", items[5:])
    assert await store.conversation_context(PROJECT, "conv_1") == items


async def test_items_added_at_once_are_all_there_together(store: Store, make: Make) -> None:
    await store.create_conversation(PROJECT, TALK)
    batches = [[make.item() for _ in range(3)] for _ in range(20)]
    await asyncio.gather(*(store.add_items(PROJECT, "conv_1", batch) for batch in batches))
    context = await store.conversation_context(PROJECT, "conv_1")
    seen = [context[start : start + 3] for start in range(0, 60, 3)]
    assert sorted(seen, key=str) == sorted(batches, key=str)


@pytest.mark.parametrize("position", [0, 1, 2])
async def test_an_id_that_the_conversation_has_is_refused_and_nothing_added(
    store: Store, make: Make, position: int
) -> None:
    await store.create_conversation(PROJECT, TALK, [make.item("there")])
    new = [make.item(), make.item()]
    new.insert(position, make.item("there", "again"))
    with pytest.raises(InvalidRequest, match="there") as caught:
        await store.add_items(PROJECT, "conv_1", new)
    assert caught.value.param == "items"
    assert await ids(store) == (["there"], False)
    with pytest.raises(InvalidRequest):
        await store.create_conversation(
            PROJECT, Conversation(id="conv_2", created_at=0, metadata={}), [make.item("twice"), make.item("twice")]
        )
    with pytest.raises(NotFound):
        await store.get_conversation(PROJECT, "conv_2")


async def test_one_item_may_be_in_two_conversations(store: Store, make: Make) -> None:
    other = Conversation(id="conv_2", created_at=0, metadata={})
    await store.create_conversation(PROJECT, TALK, [make.item("same", "one")])
    await store.create_conversation(PROJECT, other, [make.item("same", "two")])
    await store.delete_item(PROJECT, "conv_1", "same")
    assert await store.get_item(PROJECT, "conv_2", "same") == make.item("same", "two")


async def test_a_deleted_item_is_out_of_the_context(store: Store, make: Make) -> None:
    items = [make.item() for _ in range(3)]
    await store.create_conversation(PROJECT, TALK, items)
    assert await store.delete_item(PROJECT, "conv_1", items[1].id) == TALK
    assert await store.conversation_context(PROJECT, "conv_1") == [items[0], items[2]]
    for asked in (
        store.get_item(PROJECT, "conv_1", items[1].id),
        store.delete_item(PROJECT, "conv_1", items[1].id),
        store.find_item(PROJECT, items[1].id),
    ):
        with pytest.raises(NotFound, match=items[1].id):
            await asked
    await store.delete_item(PROJECT, "conv_1", items[2].id)
    again = make.item()
    await store.add_items(PROJECT, "conv_1", [again, items[1]])
    assert await store.conversation_context(PROJECT, "conv_1") == [items[0], again, items[1]]


async def test_a_deleted_conversation_is_gone_with_its_items(store: Store, make: Make) -> None:
    await store.create_conversation(PROJECT, TALK, [make.item("inside")])
    await store.delete_conversation(PROJECT, "conv_1")
    with pytest.raises(NotFound):
        await store.find_item(PROJECT, "inside")
    await store.create_conversation(PROJECT, TALK)
    assert await store.conversation_context(PROJECT, "conv_1") == []


@pytest.mark.parametrize("unknown", ["conv_2", "conv_\x00", "conv_\ud800"])
async def test_an_unknown_conversation_is_named_and_another_projects_too(
    store: Store, make: Make, unknown: str
) -> None:
    item = make.item()
    await store.create_conversation("theirs", TALK, [item])
    refusals: list[list[str]] = []
    for conversation_id in ("conv_1", unknown):
        refused: list[str] = []
        for asked in (
            store.get_conversation(PROJECT, conversation_id),
            store.update_conversation(PROJECT, conversation_id, {}),
            store.delete_conversation(PROJECT, conversation_id),
            store.add_items(PROJECT, conversation_id, [make.item()]),
            store.list_items(PROJECT, conversation_id, PageQuery()),
            store.get_item(PROJECT, conversation_id, item.id),
            store.delete_item(PROJECT, conversation_id, item.id),
            store.conversation_context(PROJECT, conversation_id),
            store.lock_conversation(PROJECT, conversation_id, "resp_1", 60),
        ):
            with pytest.raises(NotFound) as caught:
                await asked
            assert f"'{conversation_id}'" in caught.value.message
            refused.append(f"{caught.value.param}: {caught.value.message.replace(conversation_id, 'ID')}")
        refusals.append(refused)
    assert refusals[0] == refusals[1]
    assert [line.split(":")[0] for line in refusals[0]] == ["conversation_id"] * 7 + ["conversation"] * 2
    assert await store.conversation_context("theirs", "conv_1") == [item]


async def test_an_item_elsewhere_is_not_in_this_conversation(store: Store, make: Make) -> None:
    await store.create_conversation(PROJECT, TALK)
    await store.save_answer(PROJECT, make.answer("resp_1", output=(make.item("elsewhere"),)))
    for item_id in ("elsewhere", "\x00"):
        for asked in (
            store.get_item(PROJECT, "conv_1", item_id),
            store.delete_item(PROJECT, "conv_1", item_id),
            store.list_items(PROJECT, "conv_1", PageQuery(after=item_id)),
        ):
            with pytest.raises(NotFound):
                await asked


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 5, 6, 7])
async def test_paging_forth_and_back_over_a_gap(store: Store, make: Make, order: Order, limit: int) -> None:
    items = [make.item() for _ in range(7)]
    await store.create_conversation(PROJECT, TALK, items)
    await store.delete_item(PROJECT, "conv_1", items[3].id)
    expected = [item.id for item in items if item != items[3]]
    if order == "desc":
        expected.reverse()
    pages = [await ids(store, order=order, limit=limit)]
    while pages[-1][1]:
        pages.append(await ids(store, order=order, limit=limit, after=pages[-1][0][-1]))
    assert [item_id for page, _ in pages for item_id in page] == expected
    back = [await ids(store, order=order, limit=limit, before=expected[-1])]
    while back[-1][1]:
        back.append(await ids(store, order=order, limit=limit, before=back[-1][0][0]))
    assert [item_id for page, _ in reversed(back) for item_id in page] == expected[:-1]


async def test_one_response_at_a_time(store: Store) -> None:
    await store.create_conversation(PROJECT, TALK)
    outcomes = await asyncio.gather(
        *(store.lock_conversation(PROJECT, "conv_1", f"resp_{number}", 60) for number in range(10)),
        return_exceptions=True,
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, ConversationLocked)]
    assert len(refused) == 9
    assert (refused[0].http_status, refused[0].code, refused[0].param) == (400, "conversation_locked", "conversation")
    assert "conv_1" in refused[0].message


async def test_a_lock_ends_when_it_is_freed_or_its_time_is_over(store: Store, clock: Clock) -> None:
    await store.create_conversation(PROJECT, TALK)
    await store.lock_conversation(PROJECT, "conv_1", "resp_1", 60)
    await store.unlock_conversation(PROJECT, "conv_1", "resp_2")
    with pytest.raises(ConversationLocked):
        await store.lock_conversation(PROJECT, "conv_1", "resp_2", 60)
    await store.unlock_conversation(PROJECT, "conv_1", "resp_1")
    await store.lock_conversation(PROJECT, "conv_1", "resp_2", 60)
    clock.time += 59
    with pytest.raises(ConversationLocked):
        await store.lock_conversation(PROJECT, "conv_1", "resp_3", 60)
    clock.time += 1
    await store.lock_conversation(PROJECT, "conv_1", "resp_3", 60)
    await store.unlock_conversation(PROJECT, "conv_1", "resp_2")
    with pytest.raises(ConversationLocked):
        await store.lock_conversation(PROJECT, "conv_1", "resp_4", 60)


async def test_the_owner_may_hold_it_longer(store: Store, clock: Clock) -> None:
    await store.create_conversation(PROJECT, TALK)
    await store.lock_conversation(PROJECT, "conv_1", "resp_1", 60)
    clock.time += 50
    await store.lock_conversation(PROJECT, "conv_1", "resp_1", 60)
    clock.time += 50
    with pytest.raises(ConversationLocked):
        await store.lock_conversation(PROJECT, "conv_1", "resp_2", 60)


async def test_nothing_is_added_while_a_response_is_at_work(store: Store, make: Make, clock: Clock) -> None:
    await store.create_conversation(PROJECT, TALK)
    await store.lock_conversation(PROJECT, "conv_1", "resp_1", 60)
    with pytest.raises(ConversationLocked):
        await store.add_items(PROJECT, "conv_1", [make.item()])
    clock.time += 60
    await store.add_items(PROJECT, "conv_1", [make.item()])


@pytest.mark.parametrize("store_url", ["sqlite", "postgres"], indirect=True)  # In memory nobody waits.
async def test_a_client_that_leaves_while_it_waits_for_the_lock_does_not_keep_it(store: Store) -> None:
    await store.create_conversation(PROJECT, TALK)
    leaving = asyncio.create_task(store.lock_conversation(PROJECT, "conv_1", "resp_1", 60))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait([leaving])
    await store.lock_conversation(PROJECT, "conv_1", "resp_2", 60)


async def test_one_that_is_refused_and_leaves_frees_no_other(store: Store) -> None:
    await store.create_conversation(PROJECT, TALK)
    await store.lock_conversation(PROJECT, "conv_1", "resp_1", 60)
    leaving = asyncio.create_task(store.lock_conversation(PROJECT, "conv_1", "resp_2", 60))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait([leaving])
    with pytest.raises(ConversationLocked):
        await store.lock_conversation(PROJECT, "conv_1", "resp_3", 60)


async def test_freeing_what_is_not_there_is_no_fault(store: Store) -> None:
    await store.unlock_conversation(PROJECT, "conv_1", "resp_1")


async def test_an_image_in_two_conversations_outlives_one(store: Store) -> None:
    image = StoredItem("img", b'{"image_url":"data:image/png;base64,' + b"A" * 9000 + b'"}')
    again = StoredItem("img2", image.raw)
    other = Conversation(id="conv_2", created_at=0, metadata={})
    await store.create_conversation(PROJECT, TALK, [image, again])
    await store.create_conversation(PROJECT, other, [image])
    await store.delete_item(PROJECT, "conv_1", "img")
    assert await store.conversation_context(PROJECT, "conv_1") == [again]
    await store.delete_conversation(PROJECT, "conv_1")
    assert await store.conversation_context(PROJECT, "conv_2") == [image]
    await store.delete_conversation(PROJECT, "conv_2")
    await store.create_conversation(PROJECT, TALK, [image])
    assert await store.get_item(PROJECT, "conv_1", "img") == image
