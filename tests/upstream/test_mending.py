"""What nearly is a chunk becomes one; what isn't, doesn't."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.upstream.mending import Mender, bare_error
from antiphon.wire.chat import (
    ChatChunk,
    ChatUsage,
    Choice,
    ChoiceLogprobs,
    Delta,
    FunctionDelta,
    TokenLogprob,
    ToolCallDelta,
)

Json = dict[str, Any]


def mended(value: object) -> ChatChunk | None:
    return Mender().mended(json.dumps(value).encode(), ChatChunk)


def chunk(**delta: object) -> Json:
    return {"choices": [{"delta": delta}]}


def call(**members: object) -> Json:
    return chunk(tool_calls=[{"index": 0, "function": {"name": "f"}, **members}])


DELTAS: list[tuple[Json, Delta]] = [
    ({"content": {"type": "text", "text": "Hi"}}, Delta("Hi")),
    ({"content": 42}, Delta("42")),
    ({"content": "Hi", "annotations": {}}, Delta("Hi", annotations=[{}])),
    ({"content": "Hi", "annotations": "x"}, Delta("Hi")),
    ({"content": "Hi", "reasoning": {}}, Delta("Hi")),
    ({"content": "Hi", "reasoning_content": False}, Delta("Hi")),
    ({"content": "Hi", "thinking": {"type": "enabled"}}, Delta("Hi")),
    ({"reasoning": {"content": "Hm"}}, Delta(reasoning="Hm")),
    ({"reasoning_content": ["H", {"text": "m"}, 7.5]}, Delta(reasoning_content="Hm7.5")),
    ({"reasoning_details": {"text": "Hm"}}, Delta(reasoning_details=[{"text": "Hm"}])),
    ({"content": "Hi", "tool_calls": [None]}, Delta("Hi", tool_calls=[])),
    ({"content": "Hi", "tool_calls": "none"}, Delta("Hi")),
]


@pytest.mark.parametrize(("sent", "meant"), DELTAS)
def test_deltas(sent: Json, meant: Delta) -> None:
    assert mended(chunk(**sent)) == ChatChunk([Choice(delta=meant)])


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({"id": 7}, ToolCallDelta(0, "7", function=FunctionDelta("f"))),
        ({"index": "1"}, ToolCallDelta(1, function=FunctionDelta("f"))),
        ({"index": 1.0}, ToolCallDelta(1, function=FunctionDelta("f"))),
        ({"index": 1.5}, ToolCallDelta(function=FunctionDelta("f"))),
        ({"function": {"name": "f", "arguments": 1}}, ToolCallDelta(0, function=FunctionDelta("f", "1"))),
    ],
)
def test_calls(sent: Json, meant: ToolCallDelta) -> None:
    assert mended(call(**sent)) == ChatChunk([Choice(delta=Delta(tool_calls=[meant]))])


def test_one_where_a_list_is_due() -> None:
    assert mended({"choices": {"delta": {"content": "Hi"}, "index": "0"}}) == ChatChunk([Choice(0, Delta("Hi"))])


def test_counts() -> None:
    assert mended({"usage": {"prompt_tokens": 3.0, "completion_tokens": "2", "total_tokens": "many"}}) == ChatChunk(
        usage=ChatUsage(3, 2)
    )
    assert mended({"choices": [], "usage": [], "service_tier": {}}) == ChatChunk([])


def test_a_token_without_its_figure_is_left_out() -> None:
    tokens = [{"token": "a", "logprob": None}, {"token": "b", "logprob": -1}]
    sent = {"choices": [{"delta": {"content": "ab"}, "logprobs": {"content": tokens}}]}
    kept = ChoiceLogprobs([TokenLogprob("b", -1.0)])
    assert mended(sent) == ChatChunk([Choice(delta=Delta("ab"), logprobs=kept)])


def test_what_python_writes_for_no_number() -> None:
    data = b'{"choices":[{"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-Infinity}]}}]}'
    assert Mender().mended(data, ChatChunk) == ChatChunk([Choice(delta=Delta("a"), logprobs=ChoiceLogprobs([]))])


def test_bytes_that_are_no_text() -> None:
    data = b'{"choices":[{"delta":{"content":"a\xffb"}}]}'
    assert Mender().mended(data, ChatChunk) == ChatChunk([Choice(delta=Delta("a\ufffdb"))])


def test_halves_of_characters() -> None:
    mender = Mender()
    sent = [rb"a\ud83d", rb"\ude00b\ud83d", rb"c\ude00", rb"\ude00"]
    told = [mender.mended(b'{"choices":[{"delta":{"content":"' + half + b'"}}]}', ChatChunk) for half in sent]
    texts = [one.choices[0].delta.content for one in told if one and one.choices and one.choices[0].delta]
    assert texts == ["a", "😀b", "\ufffdc\ufffd", "\ufffd"]
    assert msgspec.json.encode(texts)


@pytest.mark.parametrize("data", [b"", b"x", b"[1]", b"7", b'{"choices":"no"}', b'{"a":1}', b"[" * 100_000])
def test_nothing_of_it_is_to_be_found(data: bytes) -> None:
    assert Mender().mended(data, ChatChunk) is None


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "1", "x", "\ud83d"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "delta",
                    "content",
                    "tool_calls",
                    "function",
                    "arguments",
                    "index",
                    "usage",
                    "logprobs",
                    "text",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(ANYTHING, ANYTHING)
def test_whatever_comes_is_mended_or_left(delta: object, rest: object) -> None:
    made = mended({"choices": [{"delta": delta}], "usage": rest})
    assert made is None or msgspec.json.encode(made)


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[" * 100_000,
        b"[]",
        b'{"choices":null}',
        b'{"type":"info","message":"Waiting"}',
        b'{"type":"ping"}',
        b'{"message":{"content":"x"}}',
    ],
)
def test_what_is_no_error(data: bytes) -> None:
    assert bare_error(data) is None
