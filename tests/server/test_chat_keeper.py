"""A chat completion that is kept while it passes by."""

from typing import Any

import msgspec
import pytest

from antiphon.errors import InvalidRequest, NotFound
from antiphon.server.chat_keeper import ChatKeeper, keeper_for
from antiphon.sources import seeded
from antiphon.store.memory import MemoryStore
from antiphon.store.pages import PageQuery
from antiphon.upstream.sse import DEFAULT_LIMIT

Json = dict[str, Any]
WHOLE = {"id": "c1", "created": 7, "model": "m-1", "choices": [{"index": 0, "message": {"content": "Hi"}}]}
FIRST = b'data: {"id":"c1","created":7,"model":"m-1","choices":[{"index":0,"delta":{"content":"H"}}]}\n\n'
SECOND = b'data: {"id":"c1","choices":[{"index":0,"delta":{"content":"i"},"finish_reason":"stop"}]}\n\n'
END = b"data: [DONE]\n\n"


def keeper(**more: Any) -> ChatKeeper:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi?"}], "store": True, **more}
    made = keeper_for(msgspec.json.encode(body), seeded("t", 1_700_000_000))
    assert made is not None
    return made


async def kept(store: MemoryStore, chat_id: str = "c1") -> Json:
    return dict(msgspec.json.decode((await store.get_chat("p", chat_id)).body))


@pytest.mark.parametrize("body", [b'{"model":"m"}', b'{"model":"m","store":false}', b'{"model":"m","store":null}'])
def test_who_does_not_ask_to_store_has_no_keeper(body: bytes) -> None:
    assert keeper_for(body, seeded("t", 1)) is None


@pytest.mark.parametrize("metadata", [{"k": "v" * 513}, {"k": "a\0b"}, {"\0": "b"}])
def test_metadata_that_cant_be_kept_is_refused(metadata: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        keeper(metadata=metadata)


async def test_a_whole_answer_is_held_until_it_is_kept() -> None:
    store, made, body = MemoryStore(), keeper(metadata={"a": "b"}), msgspec.json.encode(WHOLE)
    assert [made.pass_on(body[:9]), made.pass_on(body[9:])] == [b"", b""]
    await made.save(store, "p")
    assert made.rest() == body
    assert await kept(store) == {**WHOLE, "metadata": {"a": "b"}}


async def test_a_stream_passes_and_only_its_end_is_held() -> None:
    store, made = MemoryStore(), keeper(stream=True)
    assert [made.pass_on(data) for data in (FIRST, SECOND, END)] == [FIRST, SECOND, b""]
    await made.save(store, "p")
    assert made.rest() == END
    (choice,) = (await kept(store))["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("Hi", "stop")


async def test_bytes_may_be_split_anywhere() -> None:
    store, made = MemoryStore(), keeper(stream=True)
    stream = FIRST + SECOND + END
    passed = b"".join(made.pass_on(stream[at : at + 1]) for at in range(len(stream)))
    await made.save(store, "p")
    assert passed + made.rest() == stream
    assert (await kept(store))["choices"][0]["message"]["content"] == "Hi"


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (False, b'{"error": {}}'),
        (False, b"Bad gateway"),
        (False, b""),
        (False, b"\xff"),
        (False, b"[" * 100_000),
        (False, b"[1]"),
        (False, b'{"choices": null}'),
        (False, msgspec.json.encode({**WHOLE, "id": "a\0b"})),
        (False, msgspec.json.encode({**WHOLE, "model": "m" * 100_000})),
        (True, END),
        (True, b"data: {bad\n\ndata: [1]\n\n"),
        (True, b'data: {"choices":"x"}\n\n' + END),
        (True, msgspec.json.encode(WHOLE)),
    ],
)
async def test_what_is_no_answer_is_not_kept(data: bytes, *, stream: bool) -> None:
    store, made = MemoryStore(), keeper(stream=stream)
    assert made.pass_on(data) + made.rest() == data
    await made.save(store, "p")
    with pytest.raises(NotFound):
        await kept(store)


async def test_a_message_too_long_to_be_read_along_with_passes() -> None:
    made = keeper(stream=True)
    long = b"data: " + b"x" * DEFAULT_LIMIT
    assert made.pass_on(long) + made.pass_on(FIRST + END) + made.rest() == long + FIRST + END
    await made.save(MemoryStore(), "p")


@pytest.mark.parametrize("created", [None, "2024-01-01", 10**30, -1, [], "7"])
async def test_a_time_that_is_none_is_now(created: object) -> None:
    store, made = MemoryStore(), keeper()
    made.pass_on(msgspec.json.encode({**WHOLE, "created": created}))
    await made.save(store, "p")
    assert (await store.get_chat("p", "c1")).created_at == 1_700_000_000


async def test_an_id_given_twice_is_the_newer_answer() -> None:
    store = MemoryStore()
    for content in ("Hi", "Ho"):
        made = keeper()
        made.pass_on(msgspec.json.encode({**WHOLE, "choices": [{"message": {"content": content}}]}))
        await made.save(store, "p")
    assert (await kept(store))["choices"][0]["message"]["content"] == "Ho"


async def test_messages_are_listed_with_ids_and_parts() -> None:
    parts = [{"type": "text", "text": "Hi?"}]
    store, made = (
        MemoryStore(),
        keeper(messages=[{"role": "system", "content": "S"}, {"role": "user", "content": parts}]),
    )
    made.pass_on(msgspec.json.encode(WHOLE))
    await made.save(store, "p")
    page = await store.chat_messages("p", "c1", PageQuery(order="asc"))
    assert [msgspec.json.decode(row.raw) for row in page.items] == [
        {"role": "system", "content": "S", "id": "c1-0", "content_parts": None},
        {"role": "user", "content": None, "id": "c1-1", "content_parts": parts},
    ]
