"""A chat completion put together again from its chunks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.completion import CompletionBuilder

Json = dict[str, Any]


def built(*chunks: Json) -> Any:
    builder = CompletionBuilder()
    for chunk in chunks:
        builder.feed(chunk)
    return builder.completion


def delta(index: int = 0, finish: str | None = None, logprobs: Any = None, **said: Any) -> Json:
    choice = {"index": index, "delta": said, "finish_reason": finish, "logprobs": logprobs}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def test_without_chunks_there_is_none() -> None:
    assert built() is None
    assert built({"choices": []}, {"choices": None}) is None


def test_texts_are_joined_and_the_rest_is_kept() -> None:
    usage = {"prompt_tokens": 1}
    whole = built(
        delta(role="assistant", content=""), delta(content="He"), delta(content="llo", reasoning="Hm"),
        delta(finish="stop", reasoning="."), {"id": "c", "choices": [], "usage": usage},
    )  # fmt: skip
    message = {"role": "assistant", "content": "Hello", "refusal": None, "reasoning": "Hm."}
    assert whole == {
        "id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": usage,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
    }  # fmt: skip


def test_choices_are_kept_apart_and_in_order() -> None:
    whole = built(delta(1, content="b"), delta(0, content="a"), delta(1, content="B", finish="length"))
    assert [(one["index"], one["message"]["content"], one["finish_reason"]) for one in whole["choices"]] == [
        (0, "a", "stop"),
        (1, "bB", "length"),
    ]


def test_log_probabilities_are_one_list() -> None:
    one, two = {"token": "a"}, {"token": "b"}
    whole = built(delta(logprobs={"content": [one]}), delta(logprobs={"content": [two], "refusal": None}))
    assert whole["choices"][0]["logprobs"] == {"content": [one, two], "refusal": None}


@pytest.mark.parametrize("indexed", [True, False])
def test_calls_are_put_together(*, indexed: bool) -> None:
    first: Json = {"id": "c1", "function": {"name": "f", "arguments": '{"a"' if indexed else "{}"}}
    more: Json = {"index": 0, "function": {"arguments": ": 1}"}}
    second: Json = {"id": "c2", "function": {"name": "g", "arguments": "{}"}}
    if indexed:
        first["index"], second["index"] = 0, 1
    deltas = [first, more, second] if indexed else [first, second]
    (choice,) = built(*(delta(tool_calls=[one]) for one in deltas))["choices"]
    assert choice["message"]["tool_calls"] == [
        {
            "id": "c1",
            "type": "function",
            "function": {"name": "f", "arguments": '{"a": 1}' if indexed else "{}"},
        },
        {"id": "c2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ]


ODD: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["index", "delta", "function", "name", "arguments", "tool_calls", "logprobs", "content"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(st.lists(st.fixed_dictionaries({"choices": ODD}), max_size=4))
def test_whatever_a_server_sends_is_something(chunks: list[Json]) -> None:
    whole = built(*chunks)
    assert whole is None or whole["choices"]


@pytest.mark.parametrize(
    "odd",
    [
        {"choices": "x"}, {"choices": [5, None]}, {"choices": [{"delta": "x", "logprobs": [1]}]},
        {"choices": [{"delta": {"tool_calls": [5, {"function": None}]}}]},
    ],
)  # fmt: skip
def test_what_isnt_as_it_should_be_is_passed_over(odd: Json) -> None:
    assert built(odd, delta(content="Hi"))["choices"][0]["message"]["content"] == "Hi"


def test_a_call_of_a_huge_number_costs_no_more_than_another() -> None:
    calls = [
        {"index": 10**15, "function": {"name": "g", "arguments": {"a": 1}}},
        {"index": 2, "function": {"name": "f"}},
    ]
    (choice,) = built(delta(tool_calls=calls))["choices"]
    assert [call["function"] for call in choice["message"]["tool_calls"]] == [
        {"name": "f", "arguments": ""},
        {"name": "g", "arguments": '{"a":1}'},
    ]


def test_content_in_parts_is_one_list() -> None:
    (choice,) = built(delta(content=[{"text": "a"}]), delta(content=[{"text": "b"}]))["choices"]
    assert choice["message"]["content"] == [{"text": "a"}, {"text": "b"}]
