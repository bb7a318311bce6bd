"""Recorded calls of real models, replayed through a running server and asked for by the official client."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_server import RunningServer, running_server

pytestmark = pytest.mark.recordings

QUESTION = "Give me a sentence that contains the word: hello"
ASKED: dict[str, Any] = {
    "model": "llama3.2:3b-instruct-fp16",
    "instructions": "You are a helpful assistant",
    "input": [{"role": "user", "content": [{"type": "input_text", "text": QUESTION}]}],
}
ANSWER = "It was great to finally meet you, and I'd like to say hello!"


@pytest.fixture(scope="module")
def server(recordings_dir: Path) -> Iterator[RunningServer]:
    cassette = str(recordings_dir / "llama-stack-e9b4278a5" / "agents")
    with running_server("--cassette", cassette, "--mode", "replay") as server:
        yield server


def test_a_recorded_call_is_answered_as_it_was(server: RunningServer) -> None:
    events = list(server.client.responses.create(**ASKED, stream=True))
    response = events[-1].response
    assert response.output_text == ANSWER
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == ANSWER
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (40, 17, 57)
    assert server.client.responses.retrieve(response.id) == response


def test_the_same_as_json_and_again(server: RunningServer) -> None:
    first, second = server.post(ASKED), server.post(ASKED)
    assert first.text == second.text == ANSWER
    assert second.headers["antiphon-replay"] == "repeated"
    assert first.response["id"] != second.response["id"]


def test_another_question_is_a_miss_that_names_the_nearest(server: RunningServer) -> None:
    asked = ASKED | {"input": "Give me a sentence that contains the word: goodbye", "stream": True}
    miss = server.post(asked)
    assert (miss.status, miss.error["code"]) == (404, "cassette_miss")
    assert "goodbye" in miss.error["message"]


def test_the_models_of_the_recordings_are_listed(server: RunningServer) -> None:
    assert "ollama/llama3.2:3b-instruct-fp16" in [model.id for model in server.client.models.list()]
