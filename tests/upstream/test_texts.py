"""Messages go in; those that differ in their text alone come out as their texts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.replies import Reply, UpstreamChunks, UpstreamFailed
from antiphon.upstream.chat_stream import ChunkReader, decode_chunk
from antiphon.upstream.texts import FEWEST, with_texts
from antiphon.wire.chat import Texts, one_by_one

MANY = [f"t{number} " for number in range(FEWEST + 4)]


def chunk(text: object, **more: object) -> bytes:
    """A chunk as servers write it."""
    said = {"id": "chatcmpl-1", "model": "t1 ", "choices": [{"index": 0, "delta": {"content": text}}], **more}
    return json.dumps(said).encode()


def read(messages: list[bytes]) -> list[bytes | Texts]:
    return list(with_texts(messages))


def test_texts_stand_in_the_place_of_their_chunks() -> None:
    other = chunk("", usage={"total_tokens": 3})
    assert read([other, *map(chunk, MANY), other, b"[DONE]"]) == [other, Texts(MANY), other, b"[DONE]"]


def test_nothing_but_texts() -> None:
    assert read([*map(chunk, MANY)]) == [Texts(MANY)]


@pytest.mark.parametrize(
    "more",
    [
        {"usage": {"total_tokens": 3}},
        {"error": "no more"},
        {"service_tier": "flex"},
        {"choices": []},
        {"choices": [{"index": 1, "delta": {"content": "t"}}]},
        {"choices": [{"index": 0, "delta": {"content": "t", "reasoning": "r"}}]},
        {"choices": [{"index": 0, "delta": {"content": "t"}, "finish_reason": "stop"}]},
        {"choices": [{"index": 0, "delta": {"content": None}}]},
        {"choices": [{"index": 0, "delta": {"content": [{"type": "text", "text": "t"}]}}]},
    ],
)
def test_chunks_that_hold_something_else(more: dict[str, object]) -> None:
    messages = [chunk(text, **more) for text in MANY]
    assert read(messages) == messages


@pytest.mark.parametrize(
    "odd",
    [b'{"choices":', b"", b'"', b'","', b"[DONE]", b'{"error":"x"}', chunk("a")[:-1], chunk('"') + b"}", chunk(3)],
)
def test_with_an_odd_one_among_them_all_are_left(odd: bytes) -> None:
    chunks = list(map(chunk, MANY))
    messages = [*chunks[:4], odd, *chunks[4:]]
    assert read(messages) == messages


def test_few_are_left() -> None:
    messages = [*map(chunk, MANY[: FEWEST - 1])]
    assert read(messages) == messages
    assert read([]) == []


PIECE = st.text(st.sampled_from('a"\\{}[],:\n\r\t\0é🙂 ') | st.characters(exclude_categories=["Cs"]), max_size=5)
TEXT = PIECE.map(chunk) | PIECE.map(lambda text: chunk(text).replace(b'"chatcmpl-1"', b'"chatcmpl-2"'))
ODD = st.sampled_from(
    [chunk("x", usage={"total_tokens": 1}), b'{"error":"x"}', b"{", b'"},"', b"[DONE]", chunk("x")[9:]]
)


def told(*pieces: bytes) -> list[object]:
    """What a reader makes of a stream, chunk by chunk."""
    reader, replies = ChunkReader(), list[Reply]()
    for piece in pieces:
        if not reader.ended:
            replies += reader.feed(piece)
    if not reader.ended:
        replies += reader.finish()
    out: list[object] = []
    for reply in replies:
        match reply:
            case UpstreamChunks(chunks):
                out += one_by_one(chunks)
            case UpstreamFailed(error):
                out.append(error.message)
            case _:
                out.append(reply)
    return out


@given(st.lists(st.lists(TEXT, min_size=FEWEST, max_size=3 * FEWEST) | st.lists(ODD, max_size=1), max_size=4))
def test_the_same_is_read_at_once_and_one_by_one(rows: list[list[bytes]]) -> None:
    messages = [b"data: " + message + b"\n\n" for row in rows for message in row]
    assert told(b"".join(messages)) == told(*messages)


def test_a_reader_hands_them_on_in_their_place() -> None:
    messages = [chunk(None, usage={"total_tokens": 3}), *map(chunk, MANY), chunk(None, usage={"total_tokens": 4})]
    (reply,) = ChunkReader().feed(b"".join(b"data: " + message + b"\n\n" for message in messages))
    assert reply == UpstreamChunks([decode_chunk(messages[0]), Texts(MANY), decode_chunk(messages[-1])])
