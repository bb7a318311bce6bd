"""Replies as values: what they render to, without a socket."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from antiphon.testing.scripted_reply import (
    Ending,
    Gate,
    Pause,
    Reply,
    Step,
    embedding,
    garbage,
    raw,
    reasoning,
    refusal,
    status,
    text,
    tool_call,
)


@dataclass
class Asked:
    json: Any
    path: str = "/v1/chat/completions"
    number: int = 1


STREAM = Asked({"model": "m", "stream": True, "stream_options": {"include_usage": True}})
WHOLE = Asked({"model": "m"})


def chunks(reply: Reply, asked: Asked = STREAM) -> list[Any]:
    """The JSON of each event; `[DONE]` as it is."""
    found = []
    for step in reply.render(asked):
        assert isinstance(step, bytes)
        data = step.decode().removeprefix("data: ").removesuffix("\n\n")
        found.append(data if data == "[DONE]" else json.loads(data))
    return found


def deltas(reply: Reply) -> list[Any]:
    return [chunk["choices"][0]["delta"] for chunk in chunks(reply)[:-1] if chunk["choices"]]


def whole(reply: Reply, asked: Asked = WHOLE) -> Any:
    (body,) = reply.render(asked)
    assert isinstance(body, bytes)
    return json.loads(body)


def test_text_streams_role_pieces_finish_usage_and_done() -> None:
    first, *rest = chunks(text("Hello", " world", usage=(5, 2)))
    assert first == {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "m",
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}],
    }
    assert [chunk["choices"][0]["delta"] for chunk in rest[:3]] == [{"content": "Hello"}, {"content": " world"}, {}]
    assert rest[2]["choices"][0]["finish_reason"] == "stop"
    assert rest[3]["choices"] == []
    assert rest[3]["usage"] == {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    assert rest[4:] == ["[DONE]"]


def test_usage_is_streamed_only_where_it_is_asked_for_and_known() -> None:
    unasked = Asked({"model": "m", "stream": True})
    assert not any("usage" in chunk for chunk in chunks(text("Hi"), unasked))
    assert not any("usage" in chunk for chunk in chunks(text("Hi", usage=None)))


def test_text_whole() -> None:
    answer = whole(text("Hello", " world", usage=(5, 2)))
    assert answer["object"] == "chat.completion"
    message = {"role": "assistant", "content": "Hello world"}
    assert answer["choices"] == [{"index": 0, "message": message, "finish_reason": "stop"}]
    assert answer["usage"]["total_tokens"] == 7
    assert "usage" not in whole(text("Hi", usage=None))


def test_a_tool_call_comes_in_pieces_or_all_at_once() -> None:
    head = {"index": 0, "id": "call_1", "type": "function"}
    assert deltas(tool_call("f", {"a": 1}, pieces=2))[1:] == [
        {"tool_calls": [{**head, "function": {"name": "f", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]},
        {},
    ]
    at_once = deltas(tool_call("f", '{"a":1}', id="call_9", pieces=0))[1]["tool_calls"]
    assert at_once == [{**head, "id": "call_9", "function": {"name": "f", "arguments": '{"a":1}'}}]
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    choice = whole(tool_call("f", {}))["choices"][0]
    assert choice["message"] == {"role": "assistant", "content": None, "tool_calls": [call]}
    assert choice["finish_reason"] == "tool_calls"


def test_answers_are_joined() -> None:
    joined = reasoning("Hm.") + text("Hi") + tool_call("f", {}) + tool_call("g", {}, id="call_2", usage=(9, 9))
    assert [list(delta) for delta in deltas(joined)] == [
        ["role", "content"],
        ["reasoning_content"],
        ["content"],
        *[["tool_calls"]] * 4,
        [],
    ]
    indices = [delta["tool_calls"][0]["index"] for delta in deltas(joined) if "tool_calls" in delta]
    assert indices == [0, 0, 1, 1]
    assert chunks(joined)[-3]["choices"][0]["finish_reason"] == "tool_calls"
    assert chunks(joined)[-2]["usage"]["prompt_tokens"] == 9


def test_reasoning_has_the_provider_s_name_and_refusals_their_own() -> None:
    assert {"thinking": "Hm."} in deltas(reasoning("Hm.", field="thinking"))
    assert deltas(refusal("No", "."))[1:3] == [{"refusal": "No"}, {"refusal": "."}]
    assert whole(refusal("No", "."))["choices"][0]["message"]["refusal"] == "No."


def test_completions_and_embeddings() -> None:
    asked = Asked({"model": "m", "stream": True}, "/v1/completions")
    *events, done = chunks(text("a", "b"), asked)
    assert [event["choices"][0]["text"] for event in events] == ["a", "b", ""]
    assert {event["object"] for event in events} == {"text_completion"}
    assert done == "[DONE]"
    assert whole(text("a", "b"), Asked({}, "/v1/completions"))["choices"][0]["text"] == "ab"
    assert [entry["embedding"] for entry in whole(embedding([0.5], [1.0]))["data"]] == [[0.5], [1.0]]


def test_endings_of_the_stream_are_left_out() -> None:
    assert chunks(text("Hi").without_done())[-1]["usage"]
    cut = chunks(text("Hi", usage=None).without_finish())
    assert [chunk["choices"][0]["finish_reason"] for chunk in cut] == [None, None]


def joined(steps: list[Step]) -> bytes:
    return b"".join(step for step in steps if isinstance(step, bytes))


@pytest.mark.parametrize("sizes", [(1,), (7,), (3, 1, 100), (100_000,)])
def test_split_keeps_the_bytes(sizes: tuple[int, ...]) -> None:
    reply = text("Hé", "llo")
    steps = reply.split(*sizes).render(STREAM)
    assert joined(steps) == joined(reply.render(STREAM))
    assert [len(step) for step in steps if isinstance(step, bytes)][: len(sizes) - 1] == list(sizes[:-1])
    assert all(isinstance(step, bytes) and len(step) <= max(sizes) for step in steps)


def test_split_goes_up_to_what_is_no_bytes() -> None:
    gate = Gate()
    assert raw([b"ab", b"cd", gate, b"ef"]).split(3).render(STREAM) == [b"abc", b"d", gate, b"ef"]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4])
def test_a_cut_falls_on_any_byte(size: int) -> None:
    steps = raw([b"ab", b"cd"]).cut_after(size, Ending.RESET).render(STREAM)
    assert joined(steps) == b"abcd"[:size]
    assert steps[-1] is Ending.RESET


def test_pauses_and_gates_are_put_where_they_are_asked_for() -> None:
    gate = Gate()
    assert raw([b"a", b"b"]).timed(before_body=1, between=2).render(STREAM) == [Pause(1), b"a", Pause(2), b"b"]
    assert raw([b"a"]).timed(before_status=3).before_status == (Pause(3),)
    assert raw([b"a", b"b"]).held(gate, at=1).render(STREAM) == [b"a", gate, b"b"]


def test_a_gate_lets_through_once_it_is_open() -> None:
    gate, heard = Gate(), []
    gate.on_open(lambda: heard.append("before"))
    assert (heard, gate.is_open) == ([], False)
    gate.open()
    gate.on_open(lambda: heard.append("after"))
    gate.open()
    assert (heard, gate.is_open) == (["before", "after"], True)


def test_bodies_are_taken_as_they_are() -> None:
    assert status(429, {"error": "é"}).render(WHOLE) == ['{"error": "é"}'.encode()]
    assert status(500, "no").render(WHOLE) == [b"no"]
    assert status(500, b"\xff").render(WHOLE) == [b"\xff"]
    assert status(204).render(WHOLE) == [b""]
    assert joined(garbage().render(WHOLE))
