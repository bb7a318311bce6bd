"""Items of every type come back as they were sent, member by member and in their order.

What is expected is the text that was sent, read by Python's own JSON; none of our structs has seen it.
"""

import json
from typing import Any

import httpx2
import pytest
from official import Client
from running_server import RunningServer, Scene
from sample_items import KNOWN, UNKNOWN

from antiphon.testing import text

EVERY = [*KNOWN, UNKNOWN]
PREFIXES = {"message": "msg", "function_call": "fc", "function_call_output": "fco", "reasoning": "rs"}


def ordered(raw: str | bytes) -> Any:
    """JSON in which the order of members counts, and a member that stands twice too."""
    return json.loads(raw, object_pairs_hook=tuple, parse_float=str, parse_int=str)


def listed(server: RunningServer, path: str) -> list[Any]:
    """A list's entries as they came over the wire, oldest first. Not judged: the SDK has no unknown types."""
    answer = server.plain.get(path, params={"order": "asc", "limit": 100})
    assert answer.status_code == 200
    return list(dict(ordered(answer.content))["data"])


def without_custom_status(item: Any) -> Any:
    custom = dict(item)["type"].startswith("custom_tool_call")
    return tuple(member for member in item if not custom or member[0] != "status")


def sent(server: RunningServer, path: str, items: list[str], **more: Any) -> httpx2.Response:
    """POST items whose JSON isn't touched by anything on the way."""
    rest = "".join(f",{json.dumps(name)}:{json.dumps(value)}" for name, value in more.items())
    body = f'{{"items":[{",".join(items)}]{rest}}}'
    return server.plain.post(path, content=body.encode(), headers={"content-type": "application/json"})


def test_every_type_is_there() -> None:
    kinds = [dict(ordered(line))["type"] for line in KNOWN]
    assert len(set(kinds)) == 29


def test_a_conversation_of_every_type_comes_back_as_it_was(scene: Scene) -> None:
    server = scene.server
    made = sent(server, "/conversations", EVERY[:20])
    talk = made.json()["id"]
    added = sent(server, f"/conversations/{talk}/items", EVERY[20:])
    expected = [ordered(line) for line in EVERY]
    assert list(dict(ordered(added.content))["data"]) == expected[20:]
    assert listed(server, f"/conversations/{talk}/items") == expected
    for line in EVERY:
        item_id = json.loads(line)["id"]
        one = server.plain.get(f"/conversations/{talk}/items/{item_id}")
        assert ordered(one.content) == ordered(line)


async def test_the_official_client_reads_every_type(client: Client) -> None:
    calls = client.sdk.conversations
    given = [json.loads(line) for line in KNOWN]
    talk = (await client(calls.create(items=given[:20]))).id
    page = await client(calls.items.create(talk, items=given[20:]))
    assert [item.to_dict() for item in page.data] == given[20:]
    assert [item.to_dict() for item in await client.every(calls.items.list(talk, order="asc", limit=4))] == given
    for item in given:
        one = await client(calls.items.retrieve(item["id"], conversation_id=talk))
        assert one.to_dict() == item


def test_every_type_travels_as_input(scene: Scene) -> None:
    """In a chain and in a conversation; what no chat model can be told is left out, and said so."""
    scene.play(text("1"), text("2"), text("3"), text("4"))
    talk = scene.server.post(b"", "/conversations").json["id"]
    # An approval isn't only an item: it has a call made, and this one was asked for by nobody.
    passive = [line for line in EVERY if "mcp_approval_response" not in line]
    body = f'{{"model":"m","conversation":"{talk}","input":[{",".join(passive)}]}}'
    one = scene.server.post(body.encode())
    assert one.status == 200, one.body
    expected = [ordered(line) for line in passive]
    given = listed(scene.server, f"/responses/{one.json['id']}/input_items")
    # A response's custom tool calls have a status, a conversation's don't.
    assert [without_custom_status(item) for item in given] == expected
    assert listed(scene.server, f"/conversations/{talk}/items")[: len(expected)] == expected
    scene.answer(conversation=talk)
    assert listed(scene.server, f"/conversations/{talk}/items")[: len(expected)] == expected
    two = scene.answer(previous_response_id=one.json["id"])
    assert two.status == 200
    told = [call.json["messages"] for call in scene.calls]
    assert [entry["role"] for entry in told[0]][:4] == ["user", "assistant", "assistant", "tool"] or told[0]
    assert told[1][: len(told[0])] == told[0]
    assert told[2][: len(told[0])] == told[0]


@pytest.mark.parametrize("line", EVERY, ids=[json.loads(line)["type"] + str(n) for n, line in enumerate(EVERY)])
def test_an_item_without_an_id_is_given_one(scene: Scene, line: str) -> None:
    for without in ({}, {"id": None}):
        item = {**{name: value for name, value in json.loads(line).items() if name != "id"}, **without}
        made = sent(scene.server, "/conversations", [json.dumps(item)])
        assert made.status_code == 200, made.text
        [kept] = json.loads(scene.server.plain.get(f"/conversations/{made.json()['id']}/items").content)["data"]
        prefix = kept["id"].partition("_")[0]
        assert prefix == PREFIXES.get(item["type"], prefix)
        assert len(kept["id"]) > len(prefix) + 16
        assert {name: value for name, value in kept.items() if item.get(name) is not None} == {
            name: value for name, value in item.items() if value is not None
        }


def test_one_type_has_one_prefix(scene: Scene) -> None:
    """The prefix says the type: no two types share one."""
    prefixes: dict[str, str] = {}
    for line in KNOWN:
        item = {name: value for name, value in json.loads(line).items() if name != "id"}
        made = sent(scene.server, "/conversations", [json.dumps(item)]).json()["id"]
        [kept] = scene.server.get(f"/conversations/{made}/items").json["data"]
        assert prefixes.setdefault(kept["id"].rpartition("_")[0], item["type"]) == item["type"]
