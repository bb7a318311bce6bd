"""The operator's side on every store: the sweep, and moving everything from one store to another."""

from collections.abc import AsyncIterator, Iterable

import msgspec
import pytest
from sample_rows import PROJECT, Clock, Make

from antiphon.errors import ConfigFault, NotFound
from antiphon.store.base import ChatFilter, Conversation, OpenStore, StoredChat
from antiphon.store.open import open_store
from antiphon.store.pages import PageQuery
from antiphon.wire.answers import Answer, StoredItem

TALK = Conversation(id="conv_1", created_at=1000, metadata={"né": "\x00"})
IMAGE = b'{"image_url":"data:image/png;base64,' + b"A" * 9000 + b'"}'
EVERYTHING = PageQuery(limit=1000, order="asc")


async def lines(given: Iterable[bytes]) -> AsyncIterator[bytes]:
    for line in given:
        yield line


async def exported(store: OpenStore) -> list[bytes]:
    return [line async for line in store.export()]


def chat(chat_id: str, created_at: int) -> StoredChat:
    messages = (StoredItem(f"{chat_id}-0", IMAGE),)
    return StoredChat(id=chat_id, created_at=created_at, model="m", metadata={"k": "v"}, body=b"{}", messages=messages)


async def fill(store: OpenStore, make: Make) -> list[Answer]:
    """Two projects, a chain, a conversation with answers, loose items and gaps, chats, an image, broken bytes."""
    loose = [make.item() for _ in range(4)]
    await store.create_conversation(PROJECT, TALK, loose[:3])
    answers = [
        make.answer("resp_1", 2, 2, conversation_id="conv_1"),
        make.answer("resp_2", 1, 1, previous_response_id="resp_1", input=(StoredItem("img", IMAGE),)),
        make.answer("resp_3", 2, 2, conversation_id="conv_1", output=(StoredItem("raw", b"\xff\x00"),), body=b"\xff"),
        make.answer("resp_4", 1, 0, conversation_id="conv_1", status="failed"),
        make.answer("resp_5", 1, 1, conversation_id="conv_1"),
    ]
    for answer in answers:
        await store.save_answer(PROJECT, answer)
    await store.add_items(PROJECT, "conv_1", loose[3:])
    await store.delete_item(PROJECT, "conv_1", loose[1].id)
    await store.delete_item(PROJECT, "conv_1", answers[0].output[0].id)
    await store.delete_answer(PROJECT, "resp_5")
    await store.save_answer("other", make.answer("resp_1", 1, 1))
    await store.create_conversation("other", TALK)
    await store.save_chat(PROJECT, chat("chat_1", 5))
    return answers


async def test_what_is_exported_is_the_same_after_an_import(
    store: OpenStore, make: Make, clock: Clock, other_url: str
) -> None:
    answers = await fill(store, make)
    target = await open_store(other_url, clock)
    first = await exported(store)
    assert await target.import_(lines(first)) == len(first) - 1
    assert sorted(await exported(target)) == sorted(first)
    for project, response_id in (*((PROJECT, f"resp_{n}") for n in range(1, 5)), ("other", "resp_1")):
        assert await target.get_answer(project, response_id) == await store.get_answer(project, response_id)
        page = await target.input_items(project, response_id, EVERYTHING)
        assert page == await store.input_items(project, response_id, EVERYTHING)
    for response_id in ("resp_1", "resp_2", "resp_3"):
        assert await target.context(PROJECT, response_id) == await store.context(PROJECT, response_id)
    for project in (PROJECT, "other"):
        assert await target.get_conversation(project, "conv_1") == TALK
        context = await target.conversation_context(project, "conv_1")
        assert context == await store.conversation_context(project, "conv_1")
    everything = await target.list_chats(PROJECT, EVERYTHING, ChatFilter(metadata={"k": "v"}))
    assert everything == await store.list_chats(PROJECT, EVERYTHING, ChatFilter())
    page = await target.chat_messages(PROJECT, "chat_1", EVERYTHING)
    assert page.items == [StoredItem("chat_1-0", IMAGE)]
    await target.add_items(PROJECT, "conv_1", [later := make.item()])
    assert (await target.conversation_context(PROJECT, "conv_1"))[-1] == later
    await target.save_answer(PROJECT, answers[0])
    assert (await target.conversation_context(PROJECT, "conv_1"))[-1] == later
    await target.close()


async def test_an_import_can_be_repeated_and_leaves_what_is_there(
    store: OpenStore, make: Make, clock: Clock, other_url: str
) -> None:
    answers = await fill(store, make)
    given = await exported(store)
    target = await open_store(other_url, clock)
    own = make.answer("resp_1", body=b'{"own":1}')
    await target.save_answer(PROJECT, own)
    await target.create_conversation(PROJECT, TALK, [mine := make.item("mine")])
    await target.import_(lines(given[: len(given) // 2]))
    assert await target.import_(lines(given)) > 0
    assert await target.import_(lines(given)) == 0
    assert (await target.get_answer(PROJECT, "resp_1")).body == own.body
    kept_out = {item.id for item in (*answers[0].input, *answers[0].output)}
    theirs = [item for item in await store.conversation_context(PROJECT, "conv_1") if item.id not in kept_out]
    context = await target.conversation_context(PROJECT, "conv_1")
    # The first place was taken by an item of the target's own, so theirs went to what was the end.
    assert [item for item in context if item not in (mine, theirs[0])] == theirs[1:]
    assert mine in context
    assert theirs[0] in context
    await target.close()


async def test_an_empty_store_is_exported_too(store: OpenStore) -> None:
    assert [msgspec.json.decode(line) for line in await exported(store)] == [{"kind": "antiphon-export", "version": 4}]
    assert await store.import_(lines(await exported(store))) == 0


HEADER = b'{"kind":"antiphon-export","version":1}'


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "empty"),
        ([b"nonsense"], "Line 1 .*malformed"),
        ([b'{"kind":"antiphon-export","version":999}'], "newer Antiphon"),
        ([HEADER, HEADER], "Line 2 .*line 1"),
        ([b'{"kind":"item","project":"p","conversation_id":"c","item":{"id":"i","raw":"{}"}}'], "Line 1 .*version"),
        ([HEADER, b'{"kind":"item","project":"p"}'], "Line 2 .*conversation_id"),
        ([HEADER, b'{"kind":"other"}'], "Line 2 "),
        (
            [HEADER, b'{"kind":"item","project":"p","conversation_id":"c","item":{"id":"\\u0000","raw":""}}'],
            "Line 2 .*NUL",
        ),
        ([HEADER, b'{"kind":"item","project":"p","conversation_id":"c","item":{"id":"i","raw":"{}"}}'], "'c'"),
    ],
)
async def test_what_export_does_not_write_is_refused(store: OpenStore, given: list[bytes], sentence: str) -> None:
    with pytest.raises(ConfigFault, match=sentence):
        await store.import_(lines(given))


async def test_the_sweep_takes_the_oldest_first_and_no_more_than_asked(store: OpenStore, make: Make) -> None:
    for number, created_at in enumerate([50, 10, 30, 20, 40]):
        await store.save_answer(
            PROJECT if number % 2 else "other", make.answer(f"resp_{number}", created_at=created_at)
        )
    await store.save_answer(PROJECT, make.answer("resp_open", created_at=1, status="in_progress"))
    await store.save_chat(PROJECT, chat("chat_old", 15))
    await store.save_chat(PROJECT, chat("chat_new", 40))
    assert await store.sweep(40, 2) == 2
    with pytest.raises(NotFound):
        await store.get_answer(PROJECT, "resp_1")
    with pytest.raises(NotFound):
        await store.get_answer(PROJECT, "resp_3")
    await store.get_answer("other", "resp_2")
    await store.get_chat(PROJECT, "chat_old")
    assert await store.sweep(40, 10) == 2
    assert await store.sweep(40, 10) == 0
    for project, response_id in (("other", "resp_0"), ("other", "resp_4"), (PROJECT, "resp_open")):
        await store.get_answer(project, response_id)
    page = await store.list_chats(PROJECT, PageQuery(), ChatFilter())
    assert [row.id for row in page.items] == ["chat_new"]


async def test_the_sweep_leaves_conversations_whole(store: OpenStore, make: Make) -> None:
    await store.create_conversation(PROJECT, TALK)
    answer = make.answer("resp_1", 2, 2, created_at=5, conversation_id="conv_1")
    await store.save_answer(PROJECT, answer)
    assert await store.sweep(10, 10) == 1
    assert await store.conversation_context(PROJECT, "conv_1") == [*answer.input, *answer.output]
