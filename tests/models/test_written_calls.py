"""Models that write their tool calls into the text: the client sees calls, as from any other model."""

from typing import Any

import pytest
from running_server import Answer, Scene

from antiphon.testing import Reply, reasoning, text

F = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}
PATCH = {"type": "custom", "name": "note"}
WRITTEN = {
    "generic/hermes": '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>',
    "vllm/llama": '<|python_tag|>{"name": "f", "parameters": {"a": 1}}',
    "ollama/mistral": '[TOOL_CALLS][{"name": "f", "arguments": {"a": 1}}]',
    "generic/any": '{"name": "f", "parameters": {"a": 1}}',
}


def ask(scene: Scene, *replies: Reply, **body: Any) -> Answer:
    scene.play(*replies)
    asked: dict[str, Any] = {"tools": [F, PATCH], "stream": True} | body
    return scene.answer(**asked)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", WRITTEN)
def test_a_written_call_is_a_call(scene: Scene, model: str, *, stream: bool) -> None:
    answer = ask(scene, text(*WRITTEN[model]), model=model, stream=stream)
    (call,) = answer.output
    assert (call["type"], call["name"], call["arguments"]) == ("function_call", "f", '{"a": 1}')
    assert call["call_id"]
    assert answer.response["status"] == "completed"


def test_thinking_and_text_before_it_stay(scene: Scene) -> None:
    said = reasoning("Hm.") + text("Let me ", "see.\n\n", *WRITTEN["generic/hermes"], "\n", *WRITTEN["generic/hermes"])
    answer = ask(scene, said, model="generic/hermes")
    assert [item["type"] for item in answer.output] == ["reasoning", "message", "function_call", "function_call"]
    assert answer.text == "Let me see."
    assert b"tool_call>" not in answer.body
    assert len({item["call_id"] for item in answer.output[2:]}) == 2


def test_a_custom_tool_is_called_so_too(scene: Scene) -> None:
    written = '<tool_call>{"name": "note", "arguments": {"input": "a\\nb"}}</tool_call>'
    answer = ask(scene, text(*written), model="generic/hermes")
    assert (answer.output[0]["type"], answer.output[0]["input"]) == ("custom_tool_call", "a\nb")


def test_the_output_goes_back_as_a_tools(scene: Scene) -> None:
    first = ask(scene, text(WRITTEN["vllm/llama"]), model="vllm/llama")
    output = {"type": "function_call_output", "call_id": first.output[0]["call_id"], "output": "42"}
    more = ask(scene, text("42."), model="vllm/llama", previous_response_id=first.response["id"], input=[output])
    assert more.text == "42."
    assert [message["role"] for message in scene.calls[1].json["messages"]] == ["user", "assistant", "tool"]


@pytest.mark.parametrize(("model", "tools"), [("generic/m", [F]), ("generic/hermes", []), ("generic/mistral", [F])])
def test_text_is_left_alone_elsewhere(scene: Scene, model: str, tools: Any) -> None:
    answer = ask(scene, text(WRITTEN["generic/hermes"]), model=model, tools=tools)
    assert answer.text == WRITTEN["generic/hermes"]


def test_what_is_no_call_stays_text(scene: Scene) -> None:
    answer = ask(scene, text(*"It begins with <tool_call>, then JSON. "), model="generic/hermes")
    assert answer.text == "It begins with <tool_call>, then JSON. "


def test_the_official_client_follows_it(scene: Scene) -> None:
    scene.play(text("I'll ask. ", *WRITTEN["generic/hermes"]))
    tools: Any = [F]
    with scene.server.client.responses.stream(model="generic/hermes", input="?", tools=tools) as stream:
        done = [event for event in stream if event.type == "response.function_call_arguments.done"]
        response = stream.get_final_response()
    assert [event.arguments for event in done] == ['{"a": 1}']
    assert response.output_text == "I'll ask."
