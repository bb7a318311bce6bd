"""The response as it stands at the start; that it fits the SDK is shown for any request in `test_prepare.py`."""

from typing import Any

import msgspec
import pytest
from engine_answers import Json, planned

DEFAULTS = {
    "object": "response",
    "status": "in_progress",
    "background": False,
    "completed_at": None,
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "max_output_tokens": None,
    "output": [],
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "service_tier": "auto",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "usage": None,
    "metadata": {},
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}


def test_what_wasnt_said_has_its_default() -> None:
    response = planned().response
    assert {name: response[name] for name in DEFAULTS} == DEFAULTS
    assert response["id"].startswith("resp_")
    assert response["created_at"] == 1_700_000_000
    assert response["model"] == "m"


@pytest.mark.parametrize(
    ("name", "said", "shown"),
    [
        ("conversation", "conv_1", {"id": "conv_1"}),
        ("conversation", {"id": "conv_1"}, {"id": "conv_1"}),
        ("reasoning", {"effort": "low"}, {"effort": "low", "summary": None}),
        ("reasoning", {"effort": None, "mode": "pro"}, {"effort": None, "summary": None, "mode": "pro"}),
        ("reasoning", {"new": [1]}, {"effort": None, "summary": None, "new": [1]}),
        ("text", {"verbosity": "low"}, {"format": {"type": "text"}, "verbosity": "low"}),
        ("text", {"format": None}, {"format": {"type": "text"}}),
        ("text", {"format": {"type": "json_object"}}, {"format": {"type": "json_object"}}),
        ("image", {"context_compression": "enabled"}, {"context_compression": "enabled"}),
        ("image", {"context_compression": "auto"}, None),
        ("image", {}, None),
        ("prompt", {"id": "p", "variables": {"a": "b"}}, {"id": "p", "variables": {"a": "b"}}),
        ("prompt_cache_options", {}, {"mode": "implicit", "ttl": "30m", "comparison_response_id": None}),
        ("metadata", {"a": "b"}, {"a": "b"}),
        ("instructions", "", ""),
        ("temperature", 0, 0.0),
        ("store", False, False),
        ("tool_choice", "none", "none"),
        ("tool_choice", {"type": "function", "name": "f"}, {"type": "function", "name": "f"}),
    ],
)
def test_what_was_said_is_shown(name: str, said: Any, shown: Any) -> None:
    tools = [{"type": "function", "name": "f"}]
    assert planned(**{name: said, "tools": tools}).response[name] == shown


def test_a_function_is_shown_with_all_that_its_type_requires() -> None:
    said: list[Json] = [
        {"type": "function", "name": "f"},
        {"type": "function", "name": "g", "parameters": {"type": "object"}, "strict": True, "description": "d"},
    ]
    bare = {"type": "function", "name": "f", "description": None, "parameters": None, "strict": None}
    assert planned(tools=said).response["tools"] == [bare, said[1]]


def test_secrets_of_a_tool_are_never_shown() -> None:
    tool = {"type": "mcp", "server_label": "l", "server_url": "https://e.org", "authorization": "SECRET"}
    plan = planned(
        tools=[tool, {**tool, "server_label": "k", "authorization": None, "headers": {"Authorization": "SECRET"}}]
    )
    assert plan.response["tools"] == [
        {"type": "mcp", "server_label": label, "server_url": "https://e.org"} for label in ("l", "k")
    ]
    assert b"SECRET" not in msgspec.json.encode([plan.body, plan.notes.headers(), plan.plan.response])
