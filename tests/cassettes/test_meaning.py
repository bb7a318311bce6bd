"""What answers of each API say, streamed and whole."""

import json
from pathlib import Path
from typing import Any

import pytest

from antiphon.cassettes.interaction import Answered, Chunk, End
from antiphon.cassettes.meaning import Meaning, differing, meaning_of
from antiphon.cassettes.open import read_cassette

Json = dict[str, Any]
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2}
OUTPUT: list[Json] = [
    {"type": "message", "content": [{"type": "output_text", "text": "Hi."}]},
    {"type": "function_call", "name": "f", "arguments": '{"a":1}'},
]
RESPONSE = {
    "object": "response",
    "status": "completed",
    "output": OUTPUT,
    "usage": {"input_tokens": 3, "output_tokens": 2},
}
PART = {
    "content": {"parts": [{"text": "Hi."}, {"functionCall": {"name": "f", "args": {"a": 1}}}]},
    "finishReason": "STOP",
}


def answer(*values: Json, kind: str = "application/json") -> Answered:
    texts = [json.dumps(value) for value in values]
    if kind == "text/event-stream":
        texts = [f"data: {text}\n\n" for text in texts]
    body = ("\n".join(texts) if kind != "text/event-stream" else "".join(texts)).encode()
    return Answered(200, {"content-type": kind}, (Chunk(0, body),), End.COMPLETE, 5)


def stream(*values: Json) -> Answered:
    return answer(*values, kind="text/event-stream")


def chunk(delta: Json, finish: str | None = None, **more: Any) -> Json:
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }


ANSWERS = {
    "chat": answer({"object": "chat.completion", "choices": [
        {"message": {"content": "Hi.", "tool_calls": [CALL]}, "finish_reason": "stop"}], "usage": USAGE}),
    "chat, streamed": stream(
        chunk({"content": "H"}), chunk({"content": "i."}), chunk({"tool_calls": [{"index": 0, **CALL}]}, "stop"),
        {"object": "chat.completion.chunk", "choices": [], "usage": USAGE}),
    "responses": answer(RESPONSE | {"status": "stop"}),
    "responses, streamed": stream(
        {"type": "response.output_text.delta", "delta": "Hi."},
        {"type": "response.completed", "response": RESPONSE | {"status": "stop"}}),
    "messages": answer({"type": "message", "content": [
        {"type": "text", "text": "Hi."}, {"type": "tool_use", "name": "f", "input": {"a": 1}}], "stop_reason": "stop",
        "usage": {"input_tokens": 3, "output_tokens": 2}}),
    "messages, streamed": stream(
        {"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 0}}},
        {"type": "content_block_start", "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi."}},
        {"type": "content_block_start", "content_block": {"type": "tool_use", "name": "f", "input": {}}},
        {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": '{"a"'}},
        {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": ":1}"}},
        {"type": "message_delta", "delta": {"stop_reason": "stop"}, "usage": {"output_tokens": 2}}),
    "gemini": answer({"candidates": [PART], "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2}}),
    "ollama": answer(
        {"message": {"content": "H"}},
        {"message": {"content": "i.", "tool_calls": [CALL]}, "done_reason": "stop", "prompt_eval_count": 3, "eval_count": 2},
        kind="application/x-ndjson"),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_every_api_says_it_in_its_way(name: str) -> None:
    said = meaning_of(ANSWERS[name])
    assert (said.text, said.finish.lower(), said.tokens_in, said.tokens_out) == ("Hi.", "stop", 3, 2)
    assert [call.replace(" ", "") for call in said.calls] == ['f({"a":1})']


def test_what_has_no_words_is_told_in_short() -> None:
    assert meaning_of(answer({"data": [{"embedding": [1.0, 2.0]}]})).text == "1 embeddings of 2 numbers"
    assert meaning_of(answer({"error": {"message": "No."}})).text == '{"message": "No."}'
    sound = Answered(200, {"content-type": "audio/mpeg"}, (Chunk(0, b"\xff"),), End.COMPLETE)
    assert meaning_of(sound).text == "\ufffd"


def test_time_is_no_difference() -> None:
    assert list(differing(Meaning(200, "a", ms=1), Meaning(200, "a", ms=2))) == []
    assert list(differing(Meaning(200, "a", calls=["f()"]), Meaning(429, "b"))) == ["status", "text", "calls"]


@pytest.mark.recordings
def test_every_recorded_answer_says_something(recordings_dir: Path) -> None:
    silent = 0
    for each in read_cassette(recordings_dir / "llama-stack-e9b4278a5" / "responses").interactions[:120]:
        said = meaning_of(each.load())
        silent += not (said.text or said.calls)
    assert silent == 0
