"""What a chat model is offered, and how it is told to choose."""

from typing import Any

import pytest
from engine_answers import Json, planned

from antiphon.engine.dialects import DIALECTS, dialect
from antiphon.errors import InvalidRequest

F, G = {"type": "function", "name": "f"}, {"type": "function", "name": "g"}
HOSTED = {"type": "programmatic_tool_calling"}
CHOOSING = [name for name in DIALECTS if "tool_choice" in dialect(name).honours]
OTHERS = [name for name in DIALECTS if "tool_choice" not in dialect(name).honours]
NAMED = {"type": "function", "name": "g"}
ALLOWED = {"type": "allowed_tools", "mode": "required", "tools": [G, HOSTED]}


def offered(provider: str = "openai", **fields: Any) -> tuple[list[str] | None, Any]:
    """The names of the functions that are sent, None without any, and the tool_choice."""
    body = planned(provider, **fields).body
    names = [tool["function"]["name"] for tool in body["tools"]] if "tools" in body else None
    return names, body.get("tool_choice")


def test_a_function_is_sent_with_what_was_said_of_it() -> None:
    full = {**F, "description": "d", "parameters": {"type": "object"}, "strict": False}
    assert planned(tools=[full]).body["tools"] == [
        {
            "type": "function",
            "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": False},
        }
    ]
    nulls = dict.fromkeys(["description", "parameters", "strict"])
    assert planned(tools=[{**F, **nulls}]).body["tools"] == [{"type": "function", "function": {"name": "f"}}]


@pytest.mark.parametrize("choice", [None, "auto", "none", "required"])
def test_a_mode_is_passed_on(choice: str | None) -> None:
    for provider in CHOOSING:
        assert offered(provider, tools=[F, G], tool_choice=choice) == (["f", "g"], choice)


def test_a_named_function_is_passed_on() -> None:
    for provider in CHOOSING:
        chosen = {"type": "function", "function": {"name": "g"}}
        named = (["f", "g"], chosen) if DIALECTS[provider].names_tools else (["g"], "required")
        assert offered(provider, tools=[F, G], tool_choice=NAMED) == named


def test_allowed_tools_are_those_that_are_sent() -> None:
    assert offered(tools=[F, G], tool_choice=ALLOWED) == (["g"], "required")
    assert offered(tools=[F, G], tool_choice={**ALLOWED, "mode": "auto", "tools": [F, G]}) == (["f", "g"], "auto")
    assert offered(tools=[F, G], tool_choice={**ALLOWED, "tools": [HOSTED]}) == (None, None)
    assert offered(tools=[F, G], tool_choice={**ALLOWED, "tools": []}) == (None, None)


@pytest.mark.parametrize("provider", OTHERS)
def test_without_tool_choice_a_dialect_is_offered_what_it_may_use(provider: str) -> None:
    both = {"tools": [F, G]}
    assert offered(provider, **both, tool_choice="auto") == (["f", "g"], None)
    assert offered(provider, **both, tool_choice="none") == (None, None)
    assert offered(provider, **both, tool_choice=NAMED) == (["g"], None)
    assert planned(provider, **both, tool_choice=NAMED).notes.approximated == ["tool_choice"]
    assert offered(provider, **both, tool_choice=ALLOWED) == (["g"], None)
    assert planned(provider, **both, tool_choice="required").notes.ignored == ["tool_choice"]


@pytest.mark.parametrize(
    "choice",
    [
        {"type": "file_search"},
        {"type": "web_search_preview"},
        {"type": "image_generation"},
        {"type": "mcp", "server_label": "l", "name": "n"},
        {"type": "programmatic_tool_calling"},
        {"type": "something_new"},
    ],
)
def test_a_choice_of_a_tool_that_isnt_here_is_noted(choice: Json) -> None:
    plan = planned(tools=[F], tool_choice=choice)
    assert "tool_choice" not in plan.body
    assert plan.notes.ignored == ["tool_choice"]


def test_tools_that_arent_here_are_noted_and_echoed() -> None:
    unknown = {"type": "hologram", "beam": 1}
    plan = planned(tools=[F, unknown])
    assert plan.notes.ignored == ["tools[1]"]
    assert [tool["function"]["name"] for tool in plan.body["tools"]] == ["f"]
    assert plan.plan.response.tools[1] == unknown


@pytest.mark.parametrize(
    ("built_in", "name"),
    [
        ({"type": "web_search"}, "web_search"),
        ({"type": "local_shell"}, "local_shell"),
        ({"type": "apply_patch"}, "apply_patch"),
    ],
)
@pytest.mark.parametrize("own", ["function", "custom"])
def test_a_clients_tool_keeps_its_name_and_the_built_in_one_of_that_name_gets_another(
    built_in: Json, name: str, own: str
) -> None:
    for tools in ([built_in, {"type": own, "name": name}], [{"type": own, "name": name}, built_in]):
        plan = planned(tools=tools)
        names = [tool["function"]["name"] for tool in plan.body["tools"]]
        assert sorted(names) == sorted([name, f"built_in__{name}"])
        assert plan.plan.bindings[name].origin.type == own
        assert plan.plan.bindings[f"built_in__{name}"].origin.type == built_in["type"]


@pytest.mark.parametrize("tools", [None, [], [HOSTED]])
@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_without_functions_nothing_is_sent(tools: Any, choice: str) -> None:
    assert offered(tools=tools, tool_choice=choice, parallel_tool_calls=True) == (None, None)
    assert "parallel_tool_calls" not in planned(tools=tools, parallel_tool_calls=True).body


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        ({}, "tools[1].type"),
        ({"type": None}, "tools[1].type"),
        ({"type": 5}, "tools[1].type"),
        ({"type": "function"}, "tools[1].name"),
        ({"type": "function", "name": ""}, "tools[1].name"),
        ({"type": "function", "name": 5}, "tools[1].name"),
        ({"type": "function", "name": "f", "parameters": "x"}, "tools[1].parameters"),
        ({"type": "function", "name": "f", "parameters": []}, "tools[1].parameters"),
        ({"type": "function", "name": "f", "description": 5}, "tools[1].description"),
        ({"type": "function", "name": "f", "strict": 1}, "tools[1].strict"),
        ({"type": "custom"}, "tools[1].name"),
    ],
)
def test_a_broken_tool_is_refused_by_its_place(tool: Json, param: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        planned(tools=[G, tool])
    assert refusal.value.param == param


@pytest.mark.parametrize(
    "choice",
    [
        "always",
        {},
        {"type": 5},
        {"name": "f"},
        {"type": "function"},
        {"type": "function", "name": 5},
        {"type": "function", "function": {"name": "f"}},
        {"type": "function", "name": "missing"},
        {"type": "custom"},
        {"type": "allowed_tools"},
        {"type": "allowed_tools", "mode": "none", "tools": [F]},
        {"type": "allowed_tools", "mode": "auto", "tools": {}},
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "missing"}]},
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": {}}]},
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function"}]},
    ],
)
def test_a_choice_that_cant_be_is_refused(choice: Any) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        planned(tools=[F], tool_choice=choice)
    assert (refusal.value.param or "").startswith("tool_choice")
