"""Recordings of Llama Stack's form: what was imported comes back, what was recorded here gets its form."""

import json
from pathlib import Path
from typing import Any

import pytest
from cassettes.tapes import chat, event, interaction

from antiphon.cassettes.exporters.llama_stack import NotExportable, encode, file_name, recording
from antiphon.cassettes.interaction import Answered, Chunk, End, Interaction
from antiphon.cassettes.open import read_cassette
from antiphon.cassettes.rewriting import head_of, redacted, write_cassette

CHUNK = "openai.types.chat.chat_completion_chunk.ChatCompletionChunk"
JSON = {"content-type": "application/json"}
SECRET = "sk-proj-0123456789abcdefghij"


def recorded(**more: Any) -> dict[str, Any]:
    """A streamed answer with an id under a placeholder."""
    chunk = {"object": "chat.completion.chunk", "id": "rec-1", "choices": [{"delta": {}, "finish_reason": "stop"}]}
    return {
        "test_id": "tests/test_it.py::test_it",
        "request": {
            "method": "POST", "url": "http://0.0.0.0:11434/v1/v1/chat/completions", "headers": {},
            "body": {"model": "m", "messages": []}, "endpoint": "/v1/chat/completions", "model": "m",
        },
        "response": {"body": [{"__type__": CHUNK, "__data__": chunk}], "is_streaming": True},
        "id_normalization_mapping": {"rec-1": "chatcmpl-77"},
    } | more  # fmt: skip


RECORDINGS = {
    "stream": recorded(),
    "without a scope": {name: value for name, value in recorded(test_id=None).items() if name != "test_id"},
    "numbers": recorded(
        request=recorded()["request"] | {"body": {"model": "m", "temperature": 1.0, "n": 1, "x": None}}
    ),
    "another class": recorded(response={"body": {"__type__": "mine", "__data__": {"a": []}}, "is_streaming": False}),
    "a list": recorded(
        request=recorded()["request"] | {"url": "http://localhost/v1/v1/models", "endpoint": "/v1/models", "body": {}},
        response={"body": [{"__type__": "openai.types.model.Model", "__data__": {"id": "m"}}], "is_streaming": False},
    ),
    "a tool": recorded(
        request={"test_id": "t", "provider": "tavily", "tool_name": "web_search", "kwargs": {"query": "q"}},
        response={"body": {"__type__": "Result", "__data__": {"content": "c"}}, "is_streaming": False},
    ),
    "an exception": recorded(
        response={
            "body": None,
            "is_streaming": False,
            "is_exception": True,
            "exception_message": "Error code: 429 - …",
            "exception_data": {
                "category": "provider_sdk",
                "provider": "openai",
                "type": "RateLimitError",
                "message": "Error code: 429 - …",
                "status_code": 429,
                "body": {"message": "Slow down.", "code": None},
            },
        },
    ),
    "an exception in a stream": recorded(
        response=recorded()["response"]
        | {
            "is_exception": True,
            "exception_message": "Oh.",
            "exception_data": {"category": "unknown", "type": "APIError", "message": "Oh."},
        },
    ),
    "a reranking": recorded(
        request={"test_id": "t", "url": "http://localhost:8000/rerank", "method": "POST", "payload": {"query": "q"}},
        response={"status": 200, "body": {"results": []}, "is_streaming": False},
    ),
    "members that nobody knows": recorded(later={"a": [1, 2]}),
}


def taken_through(folder: Path) -> list[Interaction]:
    """The recordings of a folder, written as a cassette of our own and read again."""
    tape = read_cassette(folder)
    own = folder.parent / "own.jsonl"
    write_cassette(own, head_of(tape), [redacted(each) for each in tape.interactions])
    return list(read_cassette(own).interactions)


@pytest.mark.parametrize("name", RECORDINGS)
def test_what_was_imported_comes_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / "from" / "responses" / "abc.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(encode(RECORDINGS[name]))
    (each,) = taken_through(tmp_path / "from")
    assert file_name(each, each.load()) == "responses/abc.json"
    assert json.dumps(recording(each, each.load()), sort_keys=True) == json.dumps(RECORDINGS[name], sort_keys=True)


def test_secrets_do_not_come_back(tmp_path: Path) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": SECRET}], "api_key": "a secret of no form"}
    request = recorded()["request"] | {"body": body, "headers": {"authorization": "of no form"}}
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "a.json").write_bytes(encode(recorded(request=request, note=f"It is {SECRET}.")))
    (each,) = taken_through(tmp_path / "from")
    assert "[redacted]" in str(recording(each, each.load()))
    for text in ((tmp_path / "own.jsonl").read_text(), str(recording(each, each.load()))):
        assert SECRET not in text
        assert "of no form" not in text


def test_what_was_recorded_here_gets_the_form(tmp_path: Path) -> None:
    each = interaction(chat("Hi?"), event("Hello") + b"data: [DONE]\n\n", scope="t")
    made = recording(each, each.load())
    assert made["test_id"] == "t"
    assert made["request"]["endpoint"] == "/v1/chat/completions"
    assert made["request"]["model"] == "llama3.2"
    assert [one["__data__"]["choices"][0]["delta"] for one in made["response"]["body"]] == [{"content": "Hello"}]
    (tmp_path / file_name(each, each.load())).write_bytes(encode(made))
    (again,) = read_cassette(tmp_path).interactions
    assert (again.asked.key, again.scope) == (each.asked.key, "t")


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        (Answered(200, {"content-type": "audio/mpeg"}, (Chunk(0, b"\xff\xf3"),), End.COMPLETE), "isn't JSON"),
    ],
)
def test_what_the_format_has_no_place_for_is_told(answered: Answered, said: str) -> None:
    with pytest.raises(NotExportable, match=said):
        recording(interaction(chat("Hi?")), answered)


@pytest.mark.parametrize(
    ("status", "kind"), [(404, "NotFoundError"), (418, "APIStatusError"), (503, "InternalServerError")]
)
def test_an_error_is_what_the_official_library_raises(tmp_path: Path, status: int, kind: str) -> None:
    refused = Answered(status, JSON, (Chunk(0, b'{"error":{"message":"No."}}'),), End.COMPLETE)
    made = recording(interaction(chat("Hi?")), refused)
    assert made["response"]["exception_data"]["type"] == kind
    assert made["response"]["exception_data"]["body"] == {"message": "No."}
    (tmp_path / "a.json").write_bytes(encode(made))
    (again,) = read_cassette(tmp_path).interactions
    assert (again.load().status, again.load().chunks) == (status, refused.chunks)
