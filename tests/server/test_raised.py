"""Recordings of errors, made by a client library that raised them, replayed through a running server."""

import json
from pathlib import Path
from typing import Any

import openai
import pytest
from running_server import running_server

ASKED: dict[str, Any] = {"model": "m", "input": "Hello?"}
SENT = {
    "model": "m",
    "messages": [{"role": "user", "content": "Hello?"}],
    "stream": True,
    "stream_options": {"include_usage": True},
}


def recording(chunks: list[Any] | None, **raised: Any) -> dict[str, Any]:
    wrapped = [{"__type__": "openai.types.chat.ChatCompletionChunk", "__data__": each} for each in chunks or []]
    return {
        "request": {
            "method": "POST",
            "url": "http://0.0.0.0:11434/v1/v1/chat/completions",
            "headers": {},
            "body": SENT,
        },
        "response": {
            "body": None if chunks is None else wrapped,
            "is_streaming": chunks is not None,
            "is_exception": True,
            "exception_data": {"category": "provider_sdk", "provider": "openai", **raised},
        },
    }


@pytest.mark.parametrize("repeats", ["yes", "no"])
@pytest.mark.parametrize("status", [400, 429, 503])
def test_what_was_raised_is_raised_again(tmp_path: Path, status: int, repeats: str) -> None:
    error = {"message": "Not now.", "type": "some", "code": "later"}
    raised = recording(None, type="APIStatusError", message="…", status_code=status, body=error)
    (tmp_path / "a.json").write_text(json.dumps(raised))
    with running_server("--cassette", ".", "--mode", "replay", "--repeats", repeats, folder=tmp_path) as server:
        answer = server.post({**ASKED, "stream": True})
        assert (answer.status, answer.error["message"], answer.error["code"]) == (status, "Not now.", "later")
        assert "antiphon-replay" not in answer.headers


def test_what_was_raised_within_a_stream_ends_it(tmp_path: Path) -> None:
    said = {"choices": [{"index": 0, "delta": {"content": "Hel"}, "finish_reason": None}]}
    (tmp_path / "a.json").write_text(json.dumps(recording([said], type="APIError", message="Overloaded.")))
    with running_server("--cassette", ".", "--mode", "replay", folder=tmp_path) as server:
        answer = server.post({**ASKED, "stream": True})
        assert (answer.text, answer.kinds[-2:]) == ("Hel", ["error", "response.failed"])
        assert answer.response["error"]["message"] == "Overloaded."
        with pytest.raises(openai.APIError, match="Overloaded"):
            list(server.client.responses.create(**ASKED, stream=True))
