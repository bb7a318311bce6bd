"""Stored chat completions on every store."""

import pytest
from sample_rows import PROJECT, Make

from antiphon.errors import InvalidRequest, NotFound
from antiphon.store.base import ChatFilter, Store, StoredChat
from antiphon.store.pages import Order, PageQuery

ALL = ChatFilter()


def chat(make: Make, chat_id: str, **fields: object) -> StoredChat:
    given: dict[str, object] = {"id": chat_id, "created_at": 1000, "model": "m", "metadata": {}, "body": b'{"a": 1}'}
    messages = tuple(make.item(f"{chat_id}-{number}") for number in range(3))
    return StoredChat(**(given | {"messages": messages} | fields))  # type: ignore[arg-type] # by name


async def ids(store: Store, chosen: ChatFilter = ALL, **query: object) -> tuple[list[str], bool]:
    page = await store.list_chats(PROJECT, PageQuery(**query), chosen)  # type: ignore[arg-type] # by name
    return [row.id for row in page.items], page.has_more


async def test_a_chat_comes_back_byte_for_byte(store: Store, make: Make) -> None:
    saved = chat(make, "chat_1", metadata={"né": "'"})
    await store.save_chat(PROJECT, saved)
    bare = chat(make, "chat_1", metadata={"né": "'"}, messages=())
    assert await store.get_chat(PROJECT, "chat_1") == bare
    assert (await store.list_chats(PROJECT, PageQuery(), ALL)).items == [bare]
    page = await store.chat_messages(PROJECT, "chat_1", PageQuery(order="asc"))
    assert tuple(page.items) == saved.messages
    page = await store.chat_messages(PROJECT, "chat_1", PageQuery(after="chat_1-2", limit=1))
    assert ([message.id for message in page.items], page.has_more) == (["chat_1-1"], True)


async def test_messages_are_not_items(store: Store, make: Make) -> None:
    await store.save_chat(PROJECT, chat(make, "chat_1"))
    with pytest.raises(NotFound):
        await store.find_item(PROJECT, "chat_1-0")


async def test_an_id_is_taken_once(store: Store, make: Make) -> None:
    await store.save_chat(PROJECT, chat(make, "chat_1"))
    with pytest.raises(InvalidRequest, match="chat_1"):
        await store.save_chat(PROJECT, chat(make, "chat_1"))
    await store.save_chat("other", chat(make, "chat_1"))


async def test_new_metadata_and_body(store: Store, make: Make) -> None:
    await store.save_chat(PROJECT, chat(make, "chat_1", metadata={"a": "1"}))
    await store.update_chat(PROJECT, "chat_1", {"b": "2"}, b"{}")
    assert await store.get_chat(PROJECT, "chat_1") == chat(make, "chat_1", metadata={"b": "2"}, body=b"{}", messages=())
    assert await ids(store, ChatFilter(metadata={"a": "1"})) == ([], False)
    assert await ids(store, ChatFilter(metadata={"b": "2"})) == (["chat_1"], False)


async def test_deleted_it_is_gone(store: Store, make: Make) -> None:
    await store.save_chat(PROJECT, chat(make, "chat_1", metadata={"a": "1"}))
    await store.delete_chat(PROJECT, "chat_1")
    assert await ids(store) == ([], False)
    await store.save_chat(PROJECT, chat(make, "chat_1", messages=()))
    assert await ids(store, ChatFilter(metadata={"a": "1"})) == ([], False)
    assert (await store.chat_messages(PROJECT, "chat_1", PageQuery())).items == []


@pytest.mark.parametrize("unknown", ["chat_2", "\x00"])
async def test_an_unknown_one_is_named_and_another_projects_too(store: Store, make: Make, unknown: str) -> None:
    await store.save_chat("theirs", chat(make, "chat_1"))
    for chat_id in ("chat_1", unknown):
        for asked in (
            store.get_chat(PROJECT, chat_id),
            store.chat_messages(PROJECT, chat_id, PageQuery()),
            store.update_chat(PROJECT, chat_id, {}, b""),
            store.delete_chat(PROJECT, chat_id),
        ):
            with pytest.raises(NotFound) as caught:
                await asked
            assert f"'{chat_id}'" in caught.value.message
            assert caught.value.param == "completion_id"
        for cursor in ("after", "before"):
            with pytest.raises(NotFound) as caught:
                await ids(store, ALL, **{cursor: chat_id})
            assert caught.value.param == cursor
    assert await ids(store) == ([], False)


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 3, 8, 9])
async def test_paging_forth_and_back_with_equal_times(store: Store, make: Make, order: Order, limit: int) -> None:
    times = [5, 3, 5, 5, 3, 9, 1, 5, 9]
    for number, created_at in enumerate(times):
        await store.save_chat(PROJECT, chat(make, f"chat_{number}", created_at=created_at))
    expected = [f"chat_{number}" for number in sorted(range(9), key=lambda number: times[number])]
    if order == "desc":
        expected.reverse()
    pages = [await ids(store, order=order, limit=limit)]
    while pages[-1][1]:
        pages.append(await ids(store, order=order, limit=limit, after=pages[-1][0][-1]))
    assert [chat_id for page, _ in pages for chat_id in page] == expected
    back = [await ids(store, order=order, limit=limit, before=expected[-1])]
    while back[-1][1]:
        back.append(await ids(store, order=order, limit=limit, before=back[-1][0][0]))
    assert [chat_id for page, _ in reversed(back) for chat_id in page] == expected[:-1]


async def test_only_those_that_match(store: Store, make: Make) -> None:
    await store.save_chat(PROJECT, chat(make, "chat_1", model="a", metadata={"k": "v", 'q"': "\\n", "e": ""}))
    await store.save_chat(PROJECT, chat(make, "chat_2", model="b", metadata={"k": "v"}))
    await store.save_chat(PROJECT, chat(make, "chat_3", model="a", metadata={"k": "w", "v": "k"}))
    for chosen, expected in (
        (ChatFilter(model="a"), ["chat_3", "chat_1"]),
        (ChatFilter(metadata={"k": "v"}), ["chat_2", "chat_1"]),
        (ChatFilter(model="a", metadata={"k": "v"}), ["chat_1"]),
        (ChatFilter(metadata={'q"': "\\n", "e": ""}), ["chat_1"]),
        (ChatFilter(metadata={"k": "v", "e": "x"}), []),
        (ChatFilter(metadata={"\x00": ""}), []),
        (ChatFilter(model="\x00"), []),
    ):
        assert await ids(store, chosen) == (expected, False)
    assert await ids(store, ChatFilter(model="a"), after="chat_2") == (["chat_1"], False)
    assert await ids(store, ChatFilter(model="a"), limit=1) == (["chat_3"], True)


async def test_what_cannot_be_kept_is_refused(store: Store, make: Make) -> None:
    for spoilt in (chat(make, "chat_1", metadata={"a": "\x00"}), chat(make, "chat_1", model="\x00")):
        with pytest.raises(InvalidRequest):
            await store.save_chat(PROJECT, spoilt)
    assert await ids(store) == ([], False)
