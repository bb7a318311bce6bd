"""The tools of a request, wherever they stand."""

from typing import Any

import msgspec
import pytest

from antiphon.engine.declared import Declared, declared_tools, found_on_servers
from antiphon.engine.input import Item, read_items
from antiphon.engine.kinds.face import Origin
from antiphon.errors import InvalidRequest
from antiphon.sources import seeded

Json = dict[str, Any]
F: Json = {"type": "function", "name": "f"}
LATER: Json = {**F, "defer_loading": True}
MCP: Json = {"type": "mcp", "server_label": "shop", "server_url": "http://127.0.0.1/mcp"}


def namespace(*tools: Json, **more: Any) -> Json:
    return {"type": "namespace", "name": "crm", "description": "Customers.", "tools": list(tools), **more}


def items(*given: Json) -> list[Item]:
    return read_items([msgspec.Raw(msgspec.json.encode(one)) for one in given], "input", seeded("t", 1))


def found(*tools: Any, **more: Any) -> Json:
    return {"type": "tool_search_output", "call_id": "c", "execution": "client", "tools": list(tools), **more}


def test_a_namespace_is_opened() -> None:
    (one,) = declared_tools([namespace(F)], [])
    assert (one.tool, one.at, one.origin) == (F, "tools[0].tools[0]", Origin("function", "f", "crm"))
    assert one.namespace == namespace(F)


@pytest.mark.parametrize(
    ("tool", "deferred"),
    [(F, False), (LATER, True), (namespace(LATER), True), (namespace(F, defer_loading=True), True)],
)
def test_what_is_to_be_searched_for(tool: Json, *, deferred: bool) -> None:
    (one,) = declared_tools([tool], [])
    assert (one.deferred, one.found) == (deferred, False)


def test_items_bring_tools() -> None:
    given = items({"type": "additional_tools", "role": "developer", "tools": [F, 5, {"no": "type"}]}, found(MCP))
    f, mcp = declared_tools([], given)
    assert (f.at, f.found, f.kept) == ("input[0].tools[0]", False, False)
    assert (mcp.origin, mcp.found) == (Origin("mcp", group="shop"), True)


def test_what_was_found_is_known_by_its_origin() -> None:
    declared = [LATER, namespace(LATER)]
    (outer, inner) = declared_tools(declared, items(found(namespace(F))))
    assert (outer.found, inner.found) == (False, True)
    (outer, inner) = declared_tools(declared, items(found(F)))
    assert (outer.found, inner.found) == (True, False)


def test_the_request_outweighs_an_item_and_a_later_item_an_earlier() -> None:
    first, second = ({"type": "additional_tools", "tools": [{**F, "description": text}]} for text in ("1", "2"))
    assert [one.tool.get("description") for one in declared_tools([F], items(first))] == [None]
    assert [one.tool.get("description") for one in declared_tools([], items(first, second))] == ["2"]


def test_an_mcp_server_that_a_search_of_ours_told_of_must_be_declared() -> None:
    assert declared_tools([], items(found(MCP, execution="server"))) == []
    (declared,) = declared_tools([MCP], items(found(MCP, execution="server")))
    assert declared == Declared(MCP, "tools[0]")


def test_found_tools_of_servers() -> None:
    few = found({**MCP, "allowed_tools": ["add"]}, {**MCP, "allowed_tools": {"tool_names": ["say"]}})
    assert found_on_servers(items(few)) == {"shop": frozenset({"add", "say"})}
    assert found_on_servers(items(few, found(MCP))) == {"shop": None}
    assert found_on_servers(items({"type": "additional_tools", "tools": [MCP]})) == {}


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        ({}, "tools[0].type"),
        ({"type": "namespace", "tools": []}, "tools[0].name"),
        ({"type": "namespace", "name": "crm"}, "tools[0].tools"),
        (namespace({}), "tools[0].tools[0].type"),
    ],
)
def test_a_broken_tool_is_refused_by_its_place(tool: Json, param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        declared_tools([tool], [])
    assert refused.value.param == param
