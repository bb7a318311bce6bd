"""What is on the belt: the request's own tools, and those that MCP servers turn out to have."""

from typing import Any

import pytest

from antiphon.engine.belt import Belt, Server
from antiphon.engine.choice import Choice, read_choice
from antiphon.engine.kinds.face import Binding
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
