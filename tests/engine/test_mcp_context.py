"""What a conversation says about MCP: lists that are known, calls approved and refused."""

from typing import Any

import msgspec
import pytest

from antiphon.engine.belt import Server
from antiphon.engine.declared import declared_tools
from antiphon.engine.input import Item, read_items
from antiphon.engine.kinds.mcp import approval_text, list_text
from antiphon.engine.mcp_context import approved_calls, mcp_servers, refusals
from antiphon.engine.own import Own, Unkeyed, marked
from antiphon.errors import InvalidRequest
from antiphon.sources import seeded
from antiphon.wire.mcp import McpTool

Json = dict[str, Any]
ARGUMENTS = '{"a": 1}'
HERE = McpTool(server_label="s", server_url="http://127.0.0.1/mcp")
MARK = Unkeyed().mark(approval_text(HERE, "f", ARGUMENTS))
REQUEST = {
    "type": "mcp_approval_request",
    "id": marked("mcpr_1", MARK),
    "server_label": "s",
    "name": "f",
    "arguments": ARGUMENTS,
}
APPROVED = {"type": "mcp_approval_response", "approval_request_id": REQUEST["id"], "approve": True}
REFUSED = {**APPROVED, "approve": False}
TOOL = {"type": "mcp", "server_label": "s", "server_url": "http://127.0.0.1/mcp"}
LIST = {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "s", "tools": [{"name": "f", "input_schema": {}}]}
CALL = {"type": "mcp_call", "id": "mcp_1", "server_label": "s", "name": "f", "arguments": ARGUMENTS}


def items(*given: Json) -> list[Item]:
    return read_items([msgspec.Raw(msgspec.json.encode(one)) for one in given], "input", seeded("t", 1))


def servers(tools: list[Json], known: list[Item]) -> tuple[Server, ...]:
    return mcp_servers(declared_tools(tools, known), known, Own(connectors=frozenset({"mine"})))


def test_a_server_whose_list_is_known_is_not_asked() -> None:
    (server,) = servers([{"type": "web_search"}, TOOL], items(LIST))
    assert [tool.name for tool in server.listed or ()] == ["f"]


@pytest.mark.parametrize("known", [[], [{**LIST, "server_label": "t"}], [{**LIST, "tools": [], "error": "Gone."}]])
def test_a_server_that_was_not_listed_is_asked(known: list[Json]) -> None:
    (server,) = servers([TOOL], items(*known))
    assert server.listed is None


def test_a_list_is_of_the_server_it_was_made_by() -> None:
    mine = {**LIST, "id": marked("mcpl_1", Unkeyed().mark(list_text(HERE)))}
    (server,) = servers([TOOL], items(mine))
    assert server.listed is not None
    for other in ({"server_url": "http://127.0.0.1/other"}, {"server_url": None, "connector_id": "mine"}):
        (server,) = servers([{**TOOL, **other}], items(mine))
        assert server.listed is None
    # What only a credential tells apart is the same server.
    (server,) = servers([{**TOOL, "server_url": "http://u:p@127.0.0.1/mcp?key=1"}], items(mine))
    assert server.listed is not None


def test_an_unknown_connector_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidRequest, match="There are: mine") as refused:
        servers([{"type": "mcp", "server_label": "s", "connector_id": "yours"}], [])
    assert "[connectors.yours]" in refused.value.message
    assert refused.value.code == "connector_not_configured"


def test_the_last_list_counts() -> None:
    (server,) = servers([TOOL], items(LIST, {**LIST, "id": "mcpl_2", "tools": []}))
    assert server.listed == ()


@pytest.mark.parametrize(
    ("tools", "param"),
    [
        ([TOOL, TOOL], "tools[1].server_label"),
        ([{"type": "mcp", "server_label": "s", "connector_id": "c"}], "tools[0].connector_id"),
        ([{"type": "mcp", "server_label": "s"}], "tools[0].server_url"),
    ],
)
def test_servers_that_contradict_themselves_are_refused(tools: list[Json], param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        servers(tools, [])
    assert refused.value.param == param


def approved(*given: Json, before: tuple[Json, ...] = (REQUEST,), tools: tuple[Json, ...] = (TOOL,)) -> list[str]:
    new, old = items(*given), items(*before)
    return [call.request_id for call in approved_calls(new, [*old, *new], servers(list(tools), []), Unkeyed())]


def test_an_approved_call_is_to_be_made() -> None:
    assert approved(APPROVED) == [REQUEST["id"]]
    assert approved(REQUEST, APPROVED, before=()) == [REQUEST["id"]]


def test_a_refused_call_is_not() -> None:
    assert approved(REFUSED) == []


def test_an_approval_of_an_earlier_request_is_spent() -> None:
    assert approved(before=(REQUEST, APPROVED)) == []


def test_a_call_that_was_made_is_not_made_again() -> None:
    made = {**CALL, "approval_request_id": REQUEST["id"]}
    assert approved(REQUEST, APPROVED, made, before=()) == []
    assert approved(APPROVED, before=(REQUEST, made), tools=()) == []
    # Some clients drop what they don't know; the same call after the word is that call.
    assert approved(REQUEST, APPROVED, CALL, before=()) == []
    assert approved(REQUEST, APPROVED, {**CALL, "arguments": "{}"}, before=()) == [REQUEST["id"]]


@pytest.mark.parametrize("later", [{"role": "assistant", "content": "Done."}, {"type": "reasoning", "summary": []}])
@pytest.mark.parametrize("word", [APPROVED, REFUSED])
def test_what_the_model_went_on_from_is_history(word: Json, later: Json) -> None:
    assert approved(REQUEST, word, later, before=(), tools=()) == []
    assert approved(word, later, before=(), tools=()) == []


@pytest.mark.parametrize("again", [APPROVED, REFUSED])
@pytest.mark.parametrize("word", [APPROVED, REFUSED])
def test_two_answers_to_one_request_are_refused(word: Json, again: Json) -> None:
    with pytest.raises(InvalidRequest, match="is answered twice") as refused:
        approved(word, again)
    assert refused.value.param == "input[1].approval_request_id"


def test_a_refusal_needs_no_server() -> None:
    assert approved(REFUSED, tools=()) == []


@pytest.mark.parametrize(
    ("request_item", "tools", "param"),
    [
        ({**REQUEST, "id": "mcpr_2"}, (TOOL,), "input[0].approval_request_id"),
        ({**REQUEST, "arguments": "{}"}, (TOOL,), "input[0].approval_request_id"),
        ({**REQUEST, "name": "g"}, (TOOL,), "input[0].approval_request_id"),
        (REQUEST, ({**TOOL, "server_url": "http://127.0.0.1/other"},), "input[0].approval_request_id"),
        ({**REQUEST, "server_label": "t"}, (TOOL,), "tools"),
        (REQUEST, (), "tools"),
    ],
)
def test_an_approval_of_another_call_is_refused(request_item: Json, tools: tuple[Json, ...], param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        approved(APPROVED, before=(request_item,), tools=tools)
    assert refused.value.param == param


@pytest.mark.parametrize(
    ("reason", "told"), [(None, "The user refused this call."), ("No.", "The user refused this call. Reason: No.")]
)
def test_a_refusal_is_told_with_its_reason(reason: str | None, told: str) -> None:
    found = refusals(items(REQUEST, {**REFUSED, "reason": reason}))
    assert [(key, call.name, call.output) for key, call in found.items()] == [(REQUEST["id"], "f", told)]


def test_what_is_no_refusal_is_none() -> None:
    assert refusals(items(REQUEST, APPROVED)) == {}
    assert refusals(items(REFUSED)) == {}
