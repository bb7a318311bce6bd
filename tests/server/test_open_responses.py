"""What the compliance tests of Open Responses ask, and the members that its schema has as required or never null.

Source: openresponses.org, the specification's schema of a response and its items. A member that may be absent there
may not be null, which the official SDK doesn't mind: so this is judged besides (`judge.py`).
"""

from collections.abc import Callable
from types import NoneType
from typing import Any

import pytest
from running_server import Scene

from antiphon.testing import Reply, reasoning, refusal, text, tool_call

Json = dict[str, Any]
Kinds = dict[str, tuple[type, ...]]

RESPONSE: Kinds = {
    **dict.fromkeys(("id", "object", "status", "model", "truncation", "service_tier"), (str,)),
    **dict.fromkeys(("created_at", "top_logprobs"), (int,)),
    **dict.fromkeys(("completed_at", "max_output_tokens", "max_tool_calls"), (int, NoneType)),
    **dict.fromkeys(("previous_response_id", "instructions", "safety_identifier"), (str, NoneType)),
    **dict.fromkeys(("prompt_cache_key",), (str, NoneType)),
    **dict.fromkeys(("output", "tools"), (list,)),
    **dict.fromkeys(("incomplete_details", "error", "reasoning", "usage"), (dict, NoneType)),
    **dict.fromkeys(("parallel_tool_calls", "store", "background"), (bool,)),
    **dict.fromkeys(("top_p", "presence_penalty", "frequency_penalty", "temperature"), (int, float)),
    "tool_choice": (str, dict),
    "text": (dict,),
    "metadata": (dict,),
}
ITEMS: dict[str, Kinds] = {
    "message": {"id": (str,), "status": (str,), "role": (str,), "content": (list,)},
    "function_call": dict.fromkeys(("id", "call_id", "name", "arguments", "status"), (str,)),
    "reasoning": {"id": (str,), "summary": (list,)},
}
NEVER_NULL: dict[str, Kinds] = {
    "message": {},
    "function_call": {"created_by": (str,)},
    "reasoning": {"content": (list,), "encrypted_content": (str,), "created_by": (str,)},
}
PARTS: dict[str, Kinds] = {
    "output_text": {"text": (str,), "annotations": (list,), "logprobs": (list,)},
    "reasoning_text": {"text": (str,)},
    "refusal": {"refusal": (str,)},
}
TOOL = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}


def faults(value: Json, kinds: Kinds, where: str) -> list[str]:
    return [f"{where}.{name}" for name, kind in kinds.items() if not isinstance(value.get(name, faults), kind)]


def item_faults(item: Json) -> list[str]:
    kind = item["type"]
    present = {name: types for name, types in NEVER_NULL[kind].items() if name in item}
    found = faults(item, ITEMS[kind] | present, kind)
    for part in item.get("content", []):
        found += faults(part, PARTS[part["type"]], part["type"])
    return found


def response_faults(response: Json) -> list[str]:
    return faults(response, RESPONSE, "response") + [
        fault for item in response["output"] for fault in item_faults(item)
    ]


def said(role: str, content: object) -> Json:
    return {"type": "message", "role": role, "content": content}


PICTURE = [
    {"type": "input_text", "text": "What is this?"},
    {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="},
]
ANSWER = reasoning("Hm.") + text("Hello", " there.")
ASKED: list[tuple[str, Reply, Json, list[str]]] = [
    ("basic", ANSWER, {"input": [said("user", "Say hello.")]}, ["reasoning", "message"]),
    ("system", ANSWER, {"input": [said("system", "A pirate."), said("user", "Hello.")]}, ["reasoning", "message"]),
    ("picture", ANSWER, {"input": [said("user", PICTURE)]}, ["reasoning", "message"]),
    ("turns", ANSWER, {"input": [said("user", "Hi."), said("assistant", "Yes?"), said("user", "x")]}, ["reasoning", "message"]),
    ("tool", reasoning("Hm.") + tool_call("get_weather", {"a": 1}, pieces=2), {"tools": [TOOL]}, ["reasoning", "function_call"]),
    ("refusal", refusal("No."), {}, ["message"]),
    ("cut", text("Hel", finish="length"), {}, ["message"]),
    ("sealed", ANSWER, {"store": False, "include": ["reasoning.encrypted_content"]}, ["reasoning", "message"]),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "body", "types"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
@pytest.mark.parametrize("ask", [Scene.answer, Scene.stream], ids=["json", "stream"])
def test_answers(scene: Scene, reply: Reply, body: Json, types: list[str], ask: Callable[..., Any]) -> None:
    scene.play(reply)
    answer = ask(scene, **body)
    assert answer.status == 200
    assert [item["type"] for item in answer.output] == types
    assert response_faults(answer.response) == []
    if ask is Scene.stream:
        for event in answer.events:
            assert item_faults(event["item"]) == [] if "item" in event else True
            assert response_faults(event["response"]) == [] if "response" in event else True
    if answer.response["store"]:
        assert response_faults(scene.server.get(f"/responses/{answer.response['id']}").response) == []
