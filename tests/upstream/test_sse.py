"""Any split of the bytes gives the same messages, and what real servers send is understood."""

import json
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from antiphon.errors import UpstreamGarbage
from antiphon.upstream.sse import Decoder


def decode(*pieces: bytes, limit: int = 1000) -> list[bytes]:
    decoder = Decoder(limit)
    found = [message for piece in pieces for message in decoder.feed(piece)]
    return found + decoder.finish()


@pytest.mark.parametrize(
    ("stream", "messages"),
    [
        (b'data: {"a":1}\n\ndata: {"b":2}\n\ndata: [DONE]\n\n', [b'{"a":1}', b'{"b":2}', b"[DONE]"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"data: a\r\n\ndata: b\n\r\n", [b"a", b"b"]),
        (b"data:a\n\ndata:  b\n\n", [b"a", b" b"]),
        (b"data: a\ndata: b\ndata\ndata: c\n\n", [b"a\nb\n\nc"]),
        (b": ping\n\n: ping\n\ndata: a\n\n", [b"a"]),
        (b": OPENROUTER PROCESSING\ndata: a\n: x\n\n", [b"a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"id: 7\nevent: message\nretry: 10\ndata: a\n\n", [b"a"]),
        (b"event: nothing\n\ndata\n\ndata: \n\ndata: a\n\n", [b"a"]),
        (b"\n\n\n\ndata: a\n\n\n\n\ndata: b\n\n\n", [b"a", b"b"]),
        (b"data: a\n\ndata: b", [b"a", b"b"]),
        (b"data: a\n\ndata: b\n", [b"a", b"b"]),
        (b"data: a: b\n\n", [b"a: b"]),
        (b"datax: a\ndat: b\n\n", []),
        (b"", []),
        (b'error: {"code":500}\n\n', [b'{"error":{"code":500}}']),
        (b'event: error\ndata: {"code":500}\n\n', [b'{"error":{"code":500}}']),
        (b'event: error\ndata: {"error":"x"}\n\n', [b'{"error":"x"}']),
        (b"event: error\ndata: out of\ndata: memory\n\n", [b'{"error":"out of\\nmemory"}']),
        (b"event: ping\ndata: 2026-01-01\n\nevent: ping\ndata: {}\n\n", [b"{}"]),
    ],
)
def test_messages(stream: bytes, messages: list[bytes]) -> None:
    assert decode(stream) == messages
    assert decode(*(stream[at : at + 1] for at in range(len(stream)))) == messages


def test_a_message_comes_out_as_soon_as_it_is_whole() -> None:
    decoder = Decoder()
    assert decoder.feed(b"data: a\n") == []
    assert decoder.feed(b"\ndata: b") == [b"a"]
    assert decoder.feed(b"\r\r") == [b"b"]
    assert decoder.feed(b"\ndata: c\n\n") == [b"c"]


PIECE = st.sampled_from(
    [
        *(b"data: ", b"data:", b"data", b"{}", b"x", b"\n", b"\n\n", b"\r", b"\r\n", b"\r\n\r\n"),
        *(b"event: error", b": c", b"\xef\xbb\xbf", b"error: ", b":", b"data: [DONE]\n\n", b'data: {"a":"b"}\n\n'),
    ]
)


@given(stream=st.lists(PIECE, max_size=30).map(b"".join), cuts=st.lists(st.integers(0, 200), max_size=12))
@example(stream=b"\r\n\ndata: x\r\n\r\n", cuts=[1, 2])
def test_any_split_gives_the_same_messages(stream: bytes, cuts: list[int]) -> None:
    at = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    pieces = [stream[start:end] for start, end in pairwise(at)]
    assert decode(*pieces) == decode(stream) == reference(stream)


def reference(stream: bytes) -> list[bytes]:
    """The specification, line by line, as slow as it reads."""
    messages, data, name = [], list[bytes](), b""
    lines = stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    for line in [*lines, b""]:
        if line == b"":
            joined = b"\n".join(data)
            if joined:
                messages.append(as_error(joined) if name == b"error" and b'"error"' not in joined else joined)
            data, name = [], b""
            continue
        field, _, value = line.removeprefix(b"\xef\xbb\xbf").partition(b":")
        value = value.removeprefix(b" ")
        if field in {b"data", b"error"}:
            data.append(value)
        if field in {b"event", b"error"}:
            name = value if field == b"event" else field
    return messages


def as_error(data: bytes) -> bytes:
    try:
        json.loads(data)
    except ValueError:
        data = json.dumps(data.decode(), ensure_ascii=False).encode()
    return b'{"error":' + data + b"}"


def test_lines_that_no_stream_has() -> None:
    decoder = Decoder(20)
    assert decoder.feed(b"id: 1\n\n<html>\n: x\n\n{\ndata: a\n\n") == [b"a"]
    assert decoder.finish() == []
    assert decoder.stray == b"<html>\n{\n"
    for _ in range(9):
        decoder.feed(b"<p>Another one\n\n")
    assert len(decoder.stray) == 24


@pytest.mark.parametrize("head", [b"data: ", b"data:", b"id: 1\ndata: "])
@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b""])
@pytest.mark.parametrize("size", [1, 7, 5000])
def test_a_message_may_not_grow_beyond_the_limit(head: bytes, end: bytes, size: int) -> None:
    def cut(stream: bytes) -> list[bytes]:
        return [stream[at : at + size] for at in range(0, len(stream), size)]

    before = b"data: first\n\n" * 20
    fits = head + b"x" * (100 - len(head))
    assert decode(*cut(before + fits + end), limit=100)[-1].startswith(b"x")
    with pytest.raises(UpstreamGarbage, match="more than 100 bytes"):
        decode(*cut(before + fits + b"x" + end + before), limit=100)
