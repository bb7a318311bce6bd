"""Searching for tools by words."""

from typing import Any

import pytest

from antiphon.engine.kinds.face import Binding, Origin
from antiphon.engine.kinds.function import FunctionFace
from antiphon.engine.tool_search import MOST, Deferred, as_tools, search, told, words_of

Json = dict[str, Any]


def tool(
    name: str, description: str = "", group: Json | None = None, kind: str = "function", **properties: Json
) -> Deferred:
    function = {"name": name, "description": description, "parameters": {"type": "object", "properties": properties}}
    label = (group or {}).get("name") or (group or {}).get("server_label")
    binding = Binding(FunctionFace, origin=Origin(kind, name, label))
    return Deferred(function, binding, {"type": kind, "name": name}, group or {})


CRM = {"type": "namespace", "name": "crm", "description": "Customers and orders."}
SHOP = {"type": "mcp", "server_label": "shop", "server_description": "Sells paper."}
WEATHER = tool("get_weather", "The weather at a place.", city={})
FILES = tool("searchFiles", "Looks through the workspace.", pattern={})
CUSTOMER = tool("get_customer", "One by id.", CRM)
ADD = tool("add", "Adds to the basket.", SHOP, "mcp")
ALL = [WEATHER, FILES, CUSTOMER, ADD]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("weather in Oslo", [WEATHER]),
        ("Find a tool for the current weather", [WEATHER]),
        ("files", [FILES]),
        ("file", [FILES]),
        ("city", [WEATHER]),
        ("crm", [CUSTOMER]),
        ("customers", [CUSTOMER]),
        ("paper", [ADD]),
        ("get customer", [CUSTOMER]),
        ("weather customer", [WEATHER, CUSTOMER]),
        ("the of a", []),
        ("", []),
        ("zebra", []),
    ],
)
def test_a_tool_is_found_by_its_words(asked: str, found: list[Deferred]) -> None:
    assert search(ALL, asked) == found


def test_the_name_counts_for_more_than_what_is_said() -> None:
    said, named = tool("f", "About maps."), tool("maps")
    assert search([said, named], "maps") == [named, said]


def test_no_search_brings_all() -> None:
    many = [tool(f"map_{number}") for number in range(MOST + 5)]
    assert search(many, "map") == many[:MOST]


def test_tools_of_one_group_stand_together() -> None:
    other = tool("get_order", "", CRM)
    assert as_tools([CUSTOMER, WEATHER, ADD, other]) == [
        {**CRM, "tools": [{"type": "function", "name": "get_customer"}, {"type": "function", "name": "get_order"}]},
        {"type": "function", "name": "get_weather"},
        {**SHOP, "allowed_tools": ["add"]},
    ]


def test_what_the_model_reads_of_it() -> None:
    names = "crm__get_customer, crm__get_order, get_weather, add"
    assert (
        told(as_tools([CUSTOMER, tool("get_order", "", CRM), WEATHER, ADD]))
        == f"These tools can be called now: {names}."
    )
    assert told([{"type": "mcp", "server_label": "shop"}]) == "These tools can be called now: those of shop."
    assert "No tool was found" in told([])


def test_whatever_the_arguments_are_called_their_words_count() -> None:
    assert words_of({"query": "a", "paths": ["b", {"c": "d"}], "limit": 5}) == "a b d"
