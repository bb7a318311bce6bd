"""What is on the belt: the request's own tools, and those that MCP servers turn out to have."""

from dataclasses import replace
from typing import Any

import pytest

from antiphon.engine.belt import Belt, Server
from antiphon.engine.choice import Choice, read_choice
from antiphon.engine.kinds.face import Binding, Origin
from antiphon.engine.kinds.function import FunctionFace
from antiphon.engine.kinds.mcp import ApprovalFace, McpFace
from antiphon.wire.mcp import Approval, ListedTool, McpTool, ToolFilter

F = {"type": "function", "function": {"name": "add"}}


def server(label: str = "shop", **more: Any) -> Server:
    return Server(McpTool(server_label=label, server_url="http://127.0.0.1/mcp", **more))


def listed(*names: str) -> list[ListedTool]:
    return [ListedTool(name=name, input_schema={"type": "object"}) for name in names]


def names(belt: Belt) -> list[str]:
    return [tool["function"]["name"] for tool in belt.fields(first=True, spent=False)["tools"]]


def test_nothing_is_offered_where_there_is_nothing() -> None:
    assert Belt(choice=Choice("required")).fields(first=True, spent=False) == {}


def test_a_listed_tool_is_a_function_without_what_it_lacks() -> None:
    belt = Belt()
    belt.add(server(), [ListedTool(name="add", description="Add.", input_schema={"type": "object"}), *listed("say")])
    assert belt.fields(first=True, spent=False)["tools"] == [
        {
            "type": "function",
            "function": {"name": "add", "description": "Add.", "parameters": {"type": "object"}},
        },
        {"type": "function", "function": {"name": "say", "parameters": {"type": "object"}}},
    ]


def test_a_taken_name_gets_the_label_before_it() -> None:
    belt = Belt([F], {"add": Binding(FunctionFace)})
    belt.add(server(), listed("add", "say"))
    belt.add(server("twin"), listed("say"))
    assert names(belt) == ["add", "shop__add", "say", "twin__say"]
    assert belt.bindings["add"].face is FunctionFace
    assert belt.bindings["twin__say"].about["name"] == "say"
    assert belt.bindings["twin__say"].about["server_label"] == "twin"


@pytest.mark.parametrize(
    ("rule", "waits"),
    [(None, True), ("always", True), ("never", False), (Approval(never=ToolFilter(tool_names=["add"])), False)],
)
def test_who_answers_depends_on_approval(rule: Any, *, waits: bool) -> None:
    belt = Belt()
    belt.add(server(require_approval=rule), listed("add"))
    binding = belt.bindings["add"]
    assert binding.face is (ApprovalFace if waits else McpFace)
    assert binding.server is not waits


def test_only_allowed_tools_are_on_it() -> None:
    belt = Belt()
    belt.add(server(allowed_tools=["say"]), listed("add", "say"))
    assert names(belt) == ["say"]


@pytest.mark.parametrize(
    ("choice", "first", "sent"),
    [("required", True, "required"), ("required", False, None), ("none", False, "none"), (None, True, None)],
)
def test_a_choice_is_for_the_first_turn(choice: Any, sent: Any, *, first: bool) -> None:
    assert Belt([F], choice=read_choice(choice)).fields(first=first, spent=False).get("tool_choice") == sent


def test_whoever_may_not_call_is_offered_nothing() -> None:
    assert Belt([F], choice=Choice("required")).fields(first=True, spent=True) == {}


MCP_CHOICES: list[tuple[Any, list[str] | None, Any]] = [
    ({"type": "mcp", "server_label": "shop"}, ["add", "say"], "required"),
    ({"type": "mcp", "server_label": "shop", "name": "say"}, ["f", "add", "say", "twin__add"], "say"),
    ({"type": "mcp", "server_label": "twin", "name": "gone"}, ["f", "add", "say", "twin__add"], None),
    (
        {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "mcp", "server_label": "twin"}]},
        ["twin__add"],
        "auto",
    ),
    ({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "f"}]}, ["f"], "required"),
    ("none", ["f", "add", "say", "twin__add"], "none"),
]


def with_servers(choice: Choice) -> Belt:
    chat = {"type": "function", "function": {"name": "f"}}
    belt = Belt([chat], {"f": Binding(FunctionFace, origin=Origin("function", "f"))}, choice)
    belt.add(server(require_approval="never"), listed("add", "say"))
    belt.add(server("twin"), listed("add"))
    return belt


@pytest.mark.parametrize(("choice", "offered", "said"), MCP_CHOICES)
def test_a_choice_narrows_what_servers_have(choice: Any, offered: list[str] | None, said: Any) -> None:
    fields = with_servers(read_choice(choice)).fields(first=True, spent=False)
    assert [tool["function"]["name"] for tool in fields["tools"]] == offered
    chosen = fields.get("tool_choice")
    assert (chosen["function"]["name"] if isinstance(chosen, dict) else chosen) == said


@pytest.mark.parametrize(("choice", "offered", "said"), MCP_CHOICES)
def test_without_tool_choice_only_what_may_be_called_is_offered(choice: Any, offered: Any, said: Any) -> None:
    fields = with_servers(replace(read_choice(choice), honoured=False)).fields(first=True, spent=False)
    names = [tool["function"]["name"] for tool in fields.get("tools", [])]
    assert names == ([] if choice == "none" else [said] if said == "say" else offered)
    assert "tool_choice" not in fields


def test_tools_of_a_deferred_server_wait_to_be_found() -> None:
    shown = {"type": "mcp", "server_label": "shop"}
    belt = Belt()
    belt.add(Server(server().tool, shown=shown, deferred=True, found=frozenset({"add"})), listed("add", "say"))
    assert names(belt) == ["add"]
    assert [one.function["name"] for one in belt.search("say")] == ["say"]
    assert names(belt) == ["add", "say"]
    assert belt.search("say") == []
    assert belt.bindings["say"].origin == Origin("mcp", "say", "shop")
