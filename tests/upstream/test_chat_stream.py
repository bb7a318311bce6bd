"""A body goes in, in any pieces; the replies for the run come out."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.replies import Reply, UpstreamChunks, UpstreamDone, UpstreamFailed
from antiphon.errors import ContextTooLong, UpstreamGarbage, UpstreamRefused
from antiphon.upstream.chat_stream import WHOLE_LIMIT, BodyReader, ChunkReader, CompletionReader
from antiphon.wire.chat import ChatChunk, ChatUsage, Choice, Delta, FunctionDelta, ToolCallDelta

HELLO = b'data: {"choices":[{"index":0,"delta":{"content":"Hello"}}]}\n\n'
CHUNK = ChatChunk([Choice(0, Delta("Hello"))])
DONE = b"data: [DONE]\n\n"


def read(reader: BodyReader, *pieces: bytes) -> list[Reply]:
    told: list[Reply] = []
    for piece in pieces:
        told.extend(reader.feed(piece))
        if reader.ended:
            return told
    return [*told, *reader.finish()]


def flat(told: list[Reply]) -> list[object]:
    """The replies, whichever reads brought their chunks."""
    out: list[object] = []
    for reply in told:
        match reply:
            case UpstreamChunks(chunks):
                out.extend(chunks)
            case UpstreamFailed(error):
                out.append((type(error), error.message, error.code))
            case _:
                out.append(reply)
    return out


def test_one_reply_holds_what_one_read_brought() -> None:
    assert read(ChunkReader(), HELLO + HELLO, HELLO + DONE) == [
        UpstreamChunks([CHUNK, CHUNK]),
        UpstreamChunks([CHUNK]),
        UpstreamDone(marked=True),
    ]


def test_the_mark_alone() -> None:
    assert read(ChunkReader(), HELLO, DONE) == [UpstreamChunks([CHUNK]), UpstreamDone(marked=True)]


@pytest.mark.parametrize("end", [b"", b": ping\n\n", b"\n"])
def test_an_end_without_the_mark(end: bytes) -> None:
    assert read(ChunkReader(), HELLO, end) == [UpstreamChunks([CHUNK]), UpstreamDone(marked=False)]


@pytest.mark.parametrize("mark", [b"data:[DONE]\n\n", b"data: [DONE] \n\n", b"data: [DONE]", b"data: [DONE]\r\n\r\n"])
def test_marks_in_other_spellings(mark: bytes) -> None:
    assert flat(read(ChunkReader(), HELLO + mark)) == [CHUNK, UpstreamDone(marked=True)]


def test_nothing_counts_after_the_mark() -> None:
    assert flat(read(ChunkReader(), HELLO + DONE + HELLO + b"data: junk\n\n")) == [CHUNK, UpstreamDone(marked=True)]


def test_an_error_inside_the_stream_keeps_what_came_before() -> None:
    error = b'data: {"error":{"message":"out of memory","code":503,"type":"server_error"}}\n\n'
    told = read(ChunkReader(), HELLO + error + HELLO + DONE)
    assert told[0] == UpstreamChunks([CHUNK])
    assert len(told) == 2
    assert isinstance(told[1], UpstreamFailed)
    fault = told[1].error
    assert isinstance(fault, UpstreamRefused)
    assert (fault.message, fault.code, fault.kind, fault.http_status) == ("out of memory", "503", "server_error", 503)


def test_an_error_that_says_nothing() -> None:
    told = flat(read(ChunkReader(), b'data: {"error":{"x":1}}\n\n'))
    assert told == [
        (UpstreamRefused, "The upstream reported an error in the middle of its answer and didn't say which.", None)
    ]


def test_an_error_for_length_inside_the_stream() -> None:
    sent = b'data: {"error":{"code":400,"message":"Context size has been exceeded."}}\n\n'
    told = flat(read(ChunkReader(), sent))
    assert told == [(ContextTooLong, "Context size has been exceeded.", "context_length_exceeded")]


def test_a_null_error_is_none() -> None:
    assert flat(read(ChunkReader(), b'data: {"error":null,"choices":[]}\n\n' + DONE)) == [
        ChatChunk([]),
        UpstreamDone(marked=True),
    ]


@pytest.mark.parametrize("junk", [b"{not json", b'{"choices":"text"}', b"[1]", b'"x"', b"\xff{}"])
def test_junk_is_quoted(junk: bytes) -> None:
    told = read(ChunkReader(), HELLO + b"data: " + junk + b"\n\n" + HELLO)
    assert told[0] == UpstreamChunks([CHUNK])
    assert isinstance(told[1], UpstreamFailed)
    assert isinstance(told[1].error, UpstreamGarbage)
    assert junk.decode(errors="replace") in told[1].error.message


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    "chunk", [DEEP, b'{"choices":[],"x":' + DEEP + b"}", b'{"choices":[{"delta":{"content":' + DEEP + b"}}]}"]
)
def test_what_lies_too_deep_to_be_read_is_junk(chunk: bytes) -> None:
    *_, told = read(ChunkReader(), HELLO * 12 + b"data: " + chunk + b"\n\n")
    assert isinstance(told, UpstreamFailed)
    assert isinstance(told.error, UpstreamGarbage)
    *_, told = read(CompletionReader(), chunk.replace(b"delta", b"message"))
    assert isinstance(told, UpstreamFailed | UpstreamDone)
    if isinstance(told, UpstreamFailed):
        assert isinstance(told.error, UpstreamGarbage)


@pytest.mark.parametrize("depth", [900, 960, 980, 990, 1000])
def test_an_error_that_lies_deep_is_an_error(depth: int) -> None:
    *_, told = read(ChunkReader(), b'data: {"error":' + b"[" * depth + b"]" * depth + b"}\n\n")
    assert isinstance(told, UpstreamFailed)


def test_only_the_first_of_junk_is_quoted() -> None:
    told = read(ChunkReader(), b"data: " + b"x" * 10_000 + b"\n\n")
    assert isinstance(told[0], UpstreamFailed)
    assert "x" * 200 + "…" in told[0].error.message
    assert len(told[0].error.message) < 400


@pytest.mark.parametrize(
    "sent",
    [
        b'{"object":"error","message":"no","type":"BadRequestError","code":503}',
        b'{"message":"no","code":503}',
        b'{"detail":{"message":"no","code":503}}',
    ],
)
@pytest.mark.parametrize("whole", [False, True])
def test_an_error_that_does_not_say_so(sent: bytes, whole: bool) -> None:  # noqa: FBT001 - of the table
    told = read(CompletionReader(), sent) if whole else read(ChunkReader(), HELLO + b"data: " + sent + b"\n\n" + DONE)
    assert flat(told)[-1] == (UpstreamRefused, "no", "503")


def test_a_message_without_choices_is_no_error() -> None:
    sign = b'event: ping\ndata: {"type":"ping"}\n\n' + b"data: null\n\n"
    assert flat(read(ChunkReader(), sign + HELLO + DONE)) == [ChatChunk(), CHUNK, UpstreamDone(marked=True)]


def test_chunks_without_blank_lines_between_them() -> None:
    stream = (HELLO + HELLO + DONE).replace(b"\n\n", b"\n")
    assert flat(read(ChunkReader(), stream)) == [CHUNK, CHUNK, UpstreamDone(marked=True)]
    assert flat(read(ChunkReader(), stream.replace(DONE.strip() + b"\n", b'data: "[DONE]"\n'))) == flat(
        read(ChunkReader(), stream)
    )


def test_a_completion_that_calls_itself_a_stream() -> None:
    body = completion({"role": "assistant", "content": "Hello"})
    delta = ChatChunk([Choice(0, Delta("Hello"), "stop")])
    for sent in (body, b"\n" + msgspec.json.format(body, indent=2)):
        assert read(ChunkReader(), sent[:9], sent[9:]) == [UpstreamChunks([delta]), UpstreamDone(marked=True)]


def test_a_page_that_calls_itself_a_stream() -> None:
    told = read(ChunkReader(), b"<!doctype html>\n\n<html>Log in</html>\n\n")
    assert isinstance(told[0], UpstreamFailed)
    assert "<html>Log in" in told[0].error.message


def test_a_stream_that_has_lines_of_its_own_besides_is_one() -> None:
    assert flat(read(ChunkReader(), b"x-note: 1\n\n" + HELLO)) == [CHUNK, UpstreamDone(marked=False)]


@pytest.mark.parametrize("tokens", [b"3.0", b'"3"'])
def test_an_odd_member_costs_nothing_but_itself(tokens: bytes) -> None:
    usage = b'"usage":{"prompt_tokens":' + tokens + b',"completion_tokens":{}}'
    stream = HELLO + b'data: {"choices":[{"finish_reason":"stop"}],' + usage + b"}\n\n" + DONE
    last = ChatChunk([Choice(finish_reason="stop")], ChatUsage(3))
    assert flat(read(ChunkReader(), stream)) == [CHUNK, last, UpstreamDone(marked=True)]
    body = b'{"choices":{"message":{"content":"Hello"},"index":"0"},' + usage + b"}"
    assert flat(read(CompletionReader(), body)) == [ChatChunk(CHUNK.choices, ChatUsage(3)), UpstreamDone(marked=True)]


PIECE = st.sampled_from(
    [
        HELLO,
        HELLO,
        DONE,
        b": ping\n\n",
        b'data: {"error":"no"}\n\n',
        b"data: junk\n\n",
        b"data: null\n\n",
        b'data: {"message":"no","code":5}\n\n',
        b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n',
        b'data: {"choices":[{"delta":{"content":"\\ude00"}}]}\n\n',
        b"<html>\n\n",
        b'data: {"choices":[]}\r\n\r\n',
        b"\n",
    ]
)


@given(stream=st.lists(PIECE, max_size=8).map(b"".join), cuts=st.lists(st.integers(0, 500), max_size=8))
def test_any_split_tells_the_same(stream: bytes, cuts: list[int]) -> None:
    at = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    pieces = [stream[start:end] for start, end in pairwise(at)]
    assert flat(read(ChunkReader(), *pieces)) == flat(read(ChunkReader(), stream))


def completion(message: dict[str, object], **more: object) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return msgspec.json.encode({"id": "x", "object": "chat.completion", "choices": [choice], **more})


def test_a_whole_completion_becomes_one_chunk() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    body = completion(
        {"role": "assistant", "content": "Hello", "reasoning_content": "Hm"}, usage=usage, service_tier="x"
    )
    delta = Delta("Hello", reasoning_content="Hm")
    chunk = ChatChunk([Choice(0, delta, "stop")], ChatUsage(1, 2, 3), service_tier="x")
    assert read(CompletionReader(), body[:20], body[20:]) == [UpstreamChunks([chunk]), UpstreamDone(marked=True)]


def test_the_sources_of_a_whole_completion_are_kept() -> None:
    body = {"choices": [{"message": {"content": "a"}}], "citations": ["https://e.org"], "search_results": [{}]}
    assert flat(read(CompletionReader(), msgspec.json.encode(body)))[0] == ChatChunk(
        [Choice(0, Delta("a"))], citations=["https://e.org"], search_results=[{}]
    )


def test_the_tool_calls_of_a_whole_completion_are_numbered() -> None:
    calls = [{"id": name, "type": "function", "function": {"name": name, "arguments": "{}"}} for name in ("a", "b")]
    told = read(CompletionReader(), completion({"role": "assistant", "content": None, "tool_calls": calls}))
    expected = [ToolCallDelta(index, name, "function", FunctionDelta(name, "{}")) for index, name in enumerate("ab")]
    assert told[0] == UpstreamChunks([ChatChunk([Choice(0, Delta(tool_calls=expected), "stop")])])


def test_an_error_with_status_200() -> None:
    told = flat(read(CompletionReader(), b'{"error":{"message":"no","code":"c"}}'))
    assert told == [(UpstreamRefused, "no", "c")]


def test_json_that_isnt_a_completion() -> None:
    told = read(CompletionReader(), b'{"choices":7}')
    assert isinstance(told[0], UpstreamFailed)
    assert isinstance(told[0].error, UpstreamGarbage)
    assert '{"choices":7}' in told[0].error.message


def test_json_without_an_answer() -> None:
    (told,) = read(CompletionReader(), b'{"message":"Hello?"}')
    assert isinstance(told, UpstreamFailed)
    assert isinstance(told.error, UpstreamGarbage)
    assert "no choices" in told.error.message


@pytest.mark.parametrize(("end", "marked"), [(DONE, True), (b"", False)])
def test_a_stream_under_a_wrong_content_type(end: bytes, marked: bool) -> None:  # noqa: FBT001 - of the table
    assert flat(read(CompletionReader(), b": x\n\n" + HELLO + end)) == [CHUNK, UpstreamDone(marked=marked)]


def test_a_completion_has_a_limit() -> None:
    reader = CompletionReader()
    reader.feed(b" " * WHOLE_LIMIT)
    with pytest.raises(UpstreamGarbage, match="more than"):
        reader.feed(b" ")
