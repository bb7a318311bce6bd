"""Tokens counted without asking the model, through the official client."""

from typing import Any

import pytest
from openai import BadRequestError
from openai.types.responses import InputTokenCountResponse
from running_server import Scene, running_server

from antiphon.testing import ScriptedUpstream, status, text

TOOL: Any = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}


def test_an_estimate_says_that_it_is_one(scene: Scene) -> None:
    count = scene.server.client.responses.input_tokens
    short = count.with_raw_response.count(model="scripted/m", input="Hello?")
    assert short.headers["antiphon-approximated"] == "input_tokens"
    parsed = short.parse()
    assert InputTokenCountResponse.model_validate(parsed.model_dump(), strict=True) == parsed
    longer = count.count(model="scripted/m", input="Hello? " * 100, instructions="Be brief.", tools=[TOOL])
    assert 0 < parsed.input_tokens < 20 < longer.input_tokens
    assert scene.calls == []


def test_what_came_before_counts(scene: Scene) -> None:
    scene.play(text("One."))
    first = scene.answer(input="Hello? " * 100)
    count = scene.server.client.responses.input_tokens.count
    alone = count(model="scripted/m", input="And?")
    after = count(model="scripted/m", input="And?", previous_response_id=first.json["id"])
    conversation = scene.server.client.conversations.create(items=[{"role": "user", "content": "Hello? " * 100}])
    within = count(model="scripted/m", input="And?", conversation=conversation.id)
    assert after.input_tokens > alone.input_tokens + 100
    assert within.input_tokens > alone.input_tokens + 100


def test_the_upstreams_own_tokenizer_is_asked() -> None:
    counted = {"count": 42, "max_model_len": 4096, "tokens": []}
    with (
        ScriptedUpstream(models=["m"], paths={"POST /tokenize": status(200, counted)}) as upstream,
        running_server("--upstream", f"v={upstream.url},dialect=vllm") as server,
    ):
        told = server.client.responses.input_tokens.with_raw_response.count(model="v/m", input="Hello?", tools=[TOOL])
        assert told.parse().input_tokens == 42
        assert "antiphon-approximated" not in told.headers
        asked = next(request.json for request in upstream.requests if request.path == "/tokenize")
    assert [message["content"] for message in asked["messages"]] == ["Hello?"]
    assert asked["tools"][0]["function"]["name"] == "f"


def test_a_request_that_could_not_be_answered_cannot_be_counted(scene: Scene) -> None:
    output: Any = [{"type": "function_call_output", "call_id": "nowhere", "output": "4"}]
    with pytest.raises(BadRequestError, match="nowhere"):
        scene.server.client.responses.input_tokens.count(model="scripted/m", input=output)
