"""Function tools: every form of tool_choice, parallel calls, and outputs that go back."""

from typing import Any

import pytest
from running_server import Scene

from antiphon.testing import raw, reasoning, text, tool_call

F: dict[str, Any] = {"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}
G: dict[str, Any] = {"type": "function", "name": "g", "description": "G.", "parameters": None, "strict": False}
CHAT_F = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
CHAT_G = {"type": "function", "function": {"name": "g", "description": "G.", "strict": False}}
NEWER = {"type": "programmatic_tool_calling"}

NAMED = {"type": "function", "name": "g"}


def allowed(mode: str, *names: str) -> dict[str, Any]:
    tools = [{"type": "function", "name": name} for name in names]
    return {"type": "allowed_tools", "mode": mode, "tools": tools}


CHOICES = [
    ("absent", None, [CHAT_F, CHAT_G], None),
    ("none", "none", [CHAT_F, CHAT_G], "none"),
    ("auto", "auto", [CHAT_F, CHAT_G], "auto"),
    ("required", "required", [CHAT_F, CHAT_G], "required"),
    ("a function", NAMED, [CHAT_F, CHAT_G], {"type": "function", "function": {"name": "g"}}),
    ("allowed, auto", allowed("auto", "f"), [CHAT_F], "auto"),
    ("allowed, required", allowed("required", "f", "g"), [CHAT_F, CHAT_G], "required"),
]


@pytest.mark.parametrize(("choice", "tools", "sent"), [row[1:] for row in CHOICES], ids=[row[0] for row in CHOICES])
def test_a_choice_of_tools_is_passed_on(scene: Scene, choice: Any, tools: list[Any], sent: Any) -> None:
    scene.play(text("Hello!"))
    answer = scene.stream(tools=[F, G], tool_choice=choice)
    assert scene.asked["tools"] == tools
    assert scene.asked.get("tool_choice") == sent
    assert answer.response["tool_choice"] == (choice or "auto")
    assert [tool["name"] for tool in answer.response["tools"]] == ["f", "g"]
    assert "antiphon-ignored" not in answer.headers


@pytest.mark.parametrize(
    ("choice", "tools", "header", "noted"),
    [
        ("none", None, "antiphon-ignored", None),
        ("required", [CHAT_F, CHAT_G], "antiphon-ignored", "tool_choice"),
        (NAMED, [CHAT_G], "antiphon-approximated", "tool_choice"),
        (allowed("auto", "f"), [CHAT_F], "antiphon-ignored", None),
    ],
)
def test_a_choice_where_the_upstream_knows_none(
    scene: Scene, choice: Any, tools: Any, header: str, noted: str | None
) -> None:
    scene.play(text("Hello!"))
    answer = scene.stream(model="ollama/m", tools=[F, G], tool_choice=choice)
    assert scene.asked.get("tools") == tools
    assert "tool_choice" not in scene.asked
    assert answer.headers.get(header) == noted


@pytest.mark.parametrize(
    "choice",
    [
        {"type": "file_search"},
        {"type": "web_search_preview"},
        {"type": "code_interpreter"},
        {"type": "image_generation"},
        {"type": "mcp", "server_label": "s", "name": "n"},
        {"type": "programmatic_tool_calling"},
    ],
    ids=lambda choice: choice["type"],
)
def test_a_choice_of_a_tool_that_is_not_run_here_is_echoed_and_noted(scene: Scene, choice: dict[str, str]) -> None:
    scene.play(text("Hello!"))
    answer = scene.stream(tools=[F], tool_choice=choice)
    assert answer.response["tool_choice"] == choice
    assert answer.headers["antiphon-ignored"] == "tool_choice"
    assert "tool_choice" not in scene.asked


def test_tools_that_are_not_run_here_are_echoed_and_noted(scene: Scene) -> None:
    scene.play(text("Hello!"))
    answer = scene.stream(tools=[NEWER, F])
    assert [tool["type"] for tool in answer.response["tools"]] == ["programmatic_tool_calling", "function"]
    assert answer.headers["antiphon-ignored"] == "tools[0]"
    assert scene.asked["tools"] == [CHAT_F]


@pytest.mark.parametrize("parallel", [True, False])
def test_parallel_tool_calls_is_passed_on_when_it_was_said(scene: Scene, *, parallel: bool) -> None:
    scene.play(text("Hello!"))
    answer = scene.stream(tools=[F], parallel_tool_calls=parallel)
    assert scene.asked["parallel_tool_calls"] is parallel
    assert answer.response["parallel_tool_calls"] is parallel


def test_parallel_calls_are_items_one_after_another(scene: Scene) -> None:
    called = tool_call("f", '{"a": 1}', id="call_a", pieces=4) + tool_call("g", "{}", id="call_b", pieces=0)
    scene.play(text("Let me see.") + called)
    answer = scene.stream(tools=[F, G])
    assert [(item["type"], item.get("name"), item.get("arguments")) for item in answer.output] == [
        ("message", None, None),
        ("function_call", "f", '{"a": 1}'),
        ("function_call", "g", "{}"),
    ]
    assert [item["call_id"] for item in answer.output[1:]] == ["call_a", "call_b"]
    assert answer.response["status"] == "completed"


def test_calls_that_come_mixed_are_sorted(scene: Scene) -> None:
    deltas = [
        '{"index":0,"id":"a","function":{"name":"f","arguments":""}}',
        '{"index":1,"id":"b","function":{"name":"g","arguments":"{\\"b\\""}}',
        '{"index":0,"function":{"arguments":"{}"}}',
        '{"index":1,"function":{"arguments":":1}"}}',
    ]
    chunks = [f'data: {{"choices":[{{"delta":{{"tool_calls":[{delta}]}}}}]}}\n\n' for delta in deltas]
    scene.play(raw([*map(str.encode, chunks), b"data: [DONE]\n\n"]))
    answer = scene.stream(tools=[F, G])
    assert [item["arguments"] for item in answer.output] == ["{}", '{"b":1}']


def output_of(call: dict[str, Any], said: Any) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call["call_id"], "output": said}


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_an_output_goes_back_by_previous_response_id(scene: Scene, *, stream: bool) -> None:
    scene.play(tool_call("f", '{"a": 1}') + tool_call("g", "{}", id="call_2"), text("42 and 43!"))
    first = scene.answer(tools=[F, G], stream=stream)
    f, g = first.output
    outputs = [output_of(g, "43"), output_of(f, [{"type": "input_text", "text": "42"}])]
    second = scene.answer(previous_response_id=first.response["id"], input=outputs, stream=stream)
    assert second.text == "42 and 43!"
    assert second.response["previous_response_id"] == first.response["id"]
    assert scene.calls[1].json["messages"] == [
        {"role": "user", "content": "Hello?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}},
                {"id": "call_2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "42"}]},
        {"role": "tool", "tool_call_id": "call_2", "content": "43"},
    ]


def test_an_output_goes_back_by_the_list_of_input(scene: Scene) -> None:
    scene.play(reasoning("Hm.") + text("Let me see.") + tool_call("f", "{}"), text("42!"))
    asked = [{"role": "user", "content": "Hello?"}]
    first = scene.stream(input=asked, tools=[F])
    call = first.output[-1]
    second = scene.stream(input=[*asked, *first.output, output_of(call, "42")], tools=[F])
    assert second.text == "42!"
    call_message = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    thought = {"reasoning": "Hm.", "reasoning_content": "Hm."}
    assert scene.calls[1].json["messages"] == [
        {"role": "user", "content": "Hello?"},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [call_message], **thought},
        {"role": "tool", "tool_call_id": "call_1", "content": "42"},
    ]


def test_a_call_id_that_was_used_before_is_not_given_again(scene: Scene) -> None:
    scene.play(tool_call("f", "{}", id="call_1"), tool_call("f", "{}", id="call_1"))
    first = scene.stream(tools=[F])
    second = scene.stream(tools=[F], previous_response_id=first.response["id"], input=[output_of(first.output[0], "1")])
    assert second.output[0]["call_id"] != first.output[0]["call_id"]


def test_a_chain_needs_its_outputs(scene: Scene) -> None:
    scene.play(tool_call("f", "{}"))
    first = scene.stream(tools=[F])
    refused = scene.stream(previous_response_id=first.response["id"], input="Well?")
    assert (refused.status, refused.error["param"]) == (400, "input")
    assert "call_1" in refused.error["message"]
