"""The world of a stored response, asked what it tells and what it doesn't."""

import json
from typing import Any

import msgspec
import pytest
from cassettes.tapes import body_of

from antiphon.cassettes.actor import Actor
from antiphon.engine.input import Item, stored_item
from antiphon.errors import UpstreamUnavailable
from antiphon.transport import HttpRequest
from antiphon.wire.answers import StoredItem

Json = dict[str, Any]

SHOP = "http://shop.test/mcp"
RESPONSE: Json = {
    "model": "m",
    "status": "completed",
    "tools": [{"type": "mcp", "server_label": "shop", "server_url": SHOP}],
}
ERRORS: list[Json | str] = [
    {"type": "mcp_tool_execution_error", "content": [{"type": "text", "text": "Out of paper."}]},
    {"type": "mcp_protocol_error", "code": -32000, "message": "Broken."},
    {"type": "http_error", "code": 503, "message": "Gone."},
    "In words.",
]


def item(kind: str, **members: Any) -> Item:
    value = {"id": f"{kind}_1", "type": kind, "server_label": "shop", **members}
    return stored_item(StoredItem(id=value["id"], raw=msgspec.json.encode(value)))


def called(number: int, **more: Any) -> Item:
    return item("mcp_call", name="add", arguments=json.dumps({"a": number}), **more)


async def told(actor: Actor, method: str, url: str, body: Json | None = None) -> tuple[int, Any]:
    answer = await actor.send(HttpRequest(method, url, "x", {}, json.dumps(body).encode() if body else b""))
    said = b"".join(await body_of(answer))
    return answer.status, json.loads(said) if said.startswith(b"{") else said


async def rpc(actor: Actor, method: str, **params: Any) -> tuple[int, Any]:
    return await told(actor, "POST", SHOP, {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


async def test_an_mcp_server_says_what_it_said() -> None:
    tools = [
        {"name": "add", "description": "Adds.", "input_schema": {"type": "object"}, "annotations": {"read_only": True}},
        {"name": "put", "input_schema": {}, "annotations": {"read_only": False, "idempotent": True}},
    ]
    actor = Actor(RESPONSE, [item("mcp_list_tools", tools=tools), called(1, output="one"), called(2, output="two")])
    status, said = await rpc(actor, "initialize", protocolVersion="2025-03-26")
    assert (status, said["result"]["protocolVersion"]) == (200, "2025-03-26")
    assert await told(actor, "POST", SHOP, {"jsonrpc": "2.0", "method": "notifications/initialized"}) == (202, b"")
    assert [(await told(actor, method, SHOP))[0] for method in ("GET", "DELETE")] == [405, 200]
    listed = {
        "name": "add",
        "description": "Adds.",
        "inputSchema": {"type": "object"},
        "annotations": {"readOnlyHint": True},
    }
    again = {"name": "put", "inputSchema": {}, "annotations": {"readOnlyHint": False, "idempotentHint": True}}
    assert (await rpc(actor, "tools/list"))[1]["result"] == {"tools": [listed, again]}
    assert (await rpc(actor, "tools/call", name="add", arguments={"a": 2}))[1]["result"]["content"][0]["text"] == "two"
    assert (await rpc(actor, "ping"))[1]["error"]["code"] == -32601
    assert actor.unknown == []
    assert "error" in (await rpc(actor, "tools/call", name="add", arguments={"a": 2}))[1]
    assert actor.unknown == ["the call of shop.add"]


@pytest.mark.parametrize("error", ERRORS)
async def test_calls_fail_as_they_failed(error: Json | str) -> None:
    status, said = await rpc(Actor(RESPONSE, [called(1, error=error)]), "tools/call", name="add", arguments={"a": 1})
    match error:
        case str():
            assert said["result"] == {"content": [{"type": "text", "text": error}], "isError": True}
        case {"type": "http_error"}:
            assert (status, said) == (503, b"Gone.")
        case {"content": content}:
            assert said["result"] == {"content": content, "isError": True}
        case _:
            assert said["error"] == {"code": -32000, "message": "Broken."}


async def test_a_model_says_its_turns_and_no_more() -> None:
    actor = Actor(RESPONSE, [item("message", role="assistant", content=[{"type": "output_text", "text": "Hi."}])])
    assert (await told(actor, "GET", "http://up.test/v1/models"))[1]["data"] == [{"id": "m", "object": "model"}]
    status, said = await told(actor, "POST", "http://up.test/v1/chat/completions", {"model": "m"})
    assert (status, said.count(b"data: "), b'"Hi."' in said) == (200, 4, True)
    assert actor.left == 0
    assert (await told(actor, "POST", "http://up.test/v1/chat/completions", {"model": "m"}))[0] == 502
    with pytest.raises(UpstreamUnavailable, match="doesn't tell"):
        await told(actor, "POST", "http://search.test/v1/search", {})
    assert actor.unknown == ["a turn after the last one", "POST http://search.test/v1/search"]
    await actor.close()
