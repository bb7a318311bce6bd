"""Makes of server that aren't recorded: their streams, from what is published of them, through a running server."""

from typing import Any

import makes
import pytest
from running_server import Answer, Scene

from antiphon.testing import Reply

F = {"type": "function", "name": "f", "parameters": None, "strict": False}


def ask(scene: Scene, make: str, reply: Reply, **body: Any) -> Answer:
    scene.play(reply)
    return scene.answer(**{"model": f"{make}/m", "stream": True, **body})


def thoughts(answer: Answer) -> list[str]:
    return [part["text"] for item in answer.output if item["type"] == "reasoning" for part in item["content"]]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("make", "reply", "cached", "reasoning"),
    [
        ("llamacpp", makes.llamacpp(), 0, 0),
        ("llamacpp", makes.llamacpp(usage=False), 30, 0),
        ("lmstudio", makes.lmstudio(), 0, 0),
        ("deepseek", makes.deepseek(), 30, 3),
        ("openrouter", makes.openrouter(both=True), 0, 0),
        ("openrouter", makes.openrouter(both=False), 0, 0),
    ],
)
def test_thinking_text_and_usage(
    scene: Scene, make: str, reply: Reply, cached: int, reasoning: int, *, stream: bool
) -> None:
    answer = ask(scene, make, reply, stream=stream)
    assert [item["type"] for item in answer.output] == ["reasoning", "message"]
    assert (thoughts(answer), answer.text) == (["Hm."], "Hello.")
    assert answer.response["usage"] == {
        "input_tokens": 42,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": 49,
    }
    assert answer.response["status"] == "completed"


def test_cache_hits_have_a_name_of_their_own(scene: Scene) -> None:
    usage = ask(scene, "deepseek", makes.deepseek_hits_alone()).response["usage"]
    assert usage["input_tokens_details"]["cached_tokens"] == 30


@pytest.mark.parametrize(
    ("make", "reply", "message"),
    [
        ("deepseek", makes.deepseek_breaks_off(), "insufficient_system_resource"),
        ("openrouter", makes.openrouter_breaks_off(), "Provider disconnected unexpectedly"),
    ],
)
def test_an_answer_that_broke_off_failed(scene: Scene, make: str, reply: Reply, message: str) -> None:
    answer = ask(scene, make, reply)
    assert answer.response["status"] == "failed"
    assert message in answer.response["error"]["message"]
    assert answer.text == "Hel"
    assert answer.output[0]["status"] == "incomplete"


@pytest.mark.parametrize(
    ("make", "reply", "arguments"),
    [
        ("llamacpp", makes.llamacpp_call(), ['{"a":1}']),
        ("lmstudio", makes.lmstudio_calls(), ['{"a":1}', '{"a":2}']),
        ("generic", makes.whole_calls(), ['{"a":1}', '{"a":2}']),
        ("generic", makes.repeated_ids(), ['{"a":1}', '{"a":2}']),
    ],
)
def test_calls_in_every_form(scene: Scene, make: str, reply: Reply, arguments: list[str]) -> None:
    answer = ask(scene, make, reply, tools=[F])
    assert [item["arguments"] for item in answer.output] == arguments
    ids = [item["call_id"] for item in answer.output]
    assert len(set(ids)) == len(ids)
    outputs = [{"type": "function_call_output", "call_id": call_id, "output": "1"} for call_id in ids]
    more = ask(scene, make, makes.lmstudio(), previous_response_id=answer.response["id"], input=outputs)
    assert more.text == "Hello."


def test_the_official_client_reads_them(scene: Scene) -> None:
    for make, reply in (("deepseek", makes.deepseek()), ("openrouter", makes.openrouter(both=True))):
        scene.play(reply)
        with scene.server.client.responses.stream(model=f"{make}/m", input="?") as stream:
            said = [event.delta for event in stream if event.type == "response.reasoning_text.delta"]
            response = stream.get_final_response()
        assert "".join(said) == "Hm."
        assert response.output_text == "Hello."


def test_a_tool_that_cannot_be_named_is_the_only_one_offered(scene: Scene) -> None:
    """LM Studio refuses a tool_choice that is an object."""
    other = {**F, "name": "g"}
    answer = ask(
        scene, "lmstudio", makes.lmstudio_calls(), tools=[F, other], tool_choice={"type": "function", "name": "f"}
    )
    assert scene.asked["tool_choice"] == "required"
    assert [tool["function"]["name"] for tool in scene.asked["tools"]] == ["f"]
    assert "antiphon-approximated" not in answer.headers
