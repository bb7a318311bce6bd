from typing import Any

import msgspec
import pytest
from engine_answers import Json, sources

from antiphon.engine.input import MAX_ITEMS, read_input, read_item, stored_item
from antiphon.errors import InvalidRequest
from antiphon.wire.answers import StoredItem
from antiphon.wire.items import ID_PREFIXES, ItemReferenceView, MessageView


def raw(item: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(item))


def test_a_string_is_one_message_of_the_user() -> None:
    (item,) = read_input("hi", sources())
    assert msgspec.json.decode(item.raw) == {"type": "message", "role": "user", "content": "hi"}
    assert item.view == MessageView(role="user", content="hi")
    assert item.id.startswith("msg_")


def test_every_item_keeps_its_bytes_and_has_a_place_and_an_id() -> None:
    given: list[Json] = [
        {"role": "user", "content": "a"},
        {"type": "new", "id": "x", "deep": [{}]},
        {"type": "reasoning", "summary": []},
    ]
    raws = [msgspec.Raw(msgspec.json.format(raw(item), indent=2)) for item in given]
    items = read_input(raws, sources())
    assert [item.raw for item in items] == [bytes(one) for one in raws]
    assert [item.stored().raw for item in items] == [bytes(one) for one in raws]
    assert [item.at for item in items] == ["input[0]", "input[1]", "input[2]"]
    assert [item.type for item in items] == ["message", "new", "reasoning"]
    assert items[1].id == "x"
    assert items[2].id.startswith("rs_")


OUTPUTS: Json = {"shell_call_output": [], "computer_call_output": {}}


@pytest.mark.parametrize(("kind", "prefix"), ID_PREFIXES.items())
def test_ids_tell_their_kind(kind: str, prefix: str) -> None:
    members: Json = {"role": "user", "content": "", "call_id": "c", "name": "n", "arguments": "", "input": ""}
    members |= {"encrypted_content": "", "tools": [], "action": {}, "operation": {}, "output": OUTPUTS.get(kind, "")}
    assert read_item(bytes(raw({"type": kind, **members})), "i", sources()).id.startswith(prefix + "_")


@pytest.mark.parametrize(
    "reference", [{"id": "msg_1"}, {"type": None, "id": "msg_1"}, {"type": "item_reference", "id": "msg_1"}]
)
def test_an_id_alone_refers_to_an_item(reference: Json) -> None:
    item = read_item(bytes(raw(reference)), "i", sources())
    assert (item.type, item.view) == ("item_reference", ItemReferenceView(id="msg_1"))


@pytest.mark.parametrize(
    ("item", "param"),
    [
        (5, "input[1]"),
        (None, "input[1]"),
        ([], "input[1]"),
        ("x", "input[1]"),
        ({}, "input[1].type"),
        ({"content": "x"}, "input[1].type"),
        ({"id": "x", "content": "x"}, "input[1].type"),
        ({"type": 5}, "input[1].type"),
        ({"type": "x", "id": 5}, "input[1].id"),
        ({"role": "user"}, "input[1].content"),
        ({"role": "user", "content": None}, "input[1].content"),
        ({"role": "user", "content": {}}, "input[1].content"),
        ({"role": "king", "content": "x"}, "input[1].role"),
        ({"type": "message", "content": "x"}, "input[1].role"),
        ({"type": "function_call", "name": "f", "arguments": "{}"}, "input[1].call_id"),
        ({"type": "function_call", "call_id": "c", "arguments": "{}"}, "input[1].name"),
        ({"type": "function_call", "call_id": "c", "name": "f", "arguments": {}}, "input[1].arguments"),
        ({"type": "function_call_output", "call_id": "c"}, "input[1].output"),
        ({"type": "function_call_output", "call_id": "c", "output": 5}, "input[1].output"),
        ({"type": "function_call_output", "call_id": None, "output": "x"}, "input[1].call_id"),
        ({"type": "item_reference"}, "input[1].id"),
    ],
)
def test_a_broken_item_is_refused_by_its_place(item: Any, param: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read_input([raw({"role": "user", "content": "fine"}), raw(item)], sources())
    assert refusal.value.param == param


def test_too_many_items_are_refused() -> None:
    with pytest.raises(InvalidRequest, match=str(MAX_ITEMS)):
        read_input([raw({"type": "x"})] * (MAX_ITEMS + 1), sources())


@pytest.mark.parametrize("kind", ["additional_tools", "tool_search_output"])
def test_secrets_of_tools_that_come_as_items_are_not_kept(kind: str) -> None:
    mcp = {"type": "mcp", "server_label": "l", "authorization": "SECRET", "headers": {"x": "SECRET"}}
    item: Json = {
        "type": kind,
        "role": "developer",
        "tools": [{"type": "namespace", "name": "n", "tools": [mcp]}, mcp, 5],
    }
    read = read_item(bytes(raw(item)), "i", sources())
    assert b"SECRET" not in read.stored().raw
    kept = msgspec.json.decode(read.stored().raw)
    assert kept["tools"][1] == {"type": "mcp", "server_label": "l"}
    assert kept["tools"][2] == 5


def test_a_stored_item_is_read_again_under_its_id() -> None:
    item = stored_item(StoredItem("msg_1", b'{"role": "user", "content": "a"}'))
    assert (item.id, item.at, item.type) == ("msg_1", "msg_1", "message")
    assert item.view == MessageView(role="user", content="a")
    assert stored_item(StoredItem("x", b'{"type": "new"}')).view is None


def test_an_id_stands_once_in_a_request() -> None:
    said = {"type": "message", "role": "user", "content": "x", "id": "msg_1"}
    with pytest.raises(InvalidRequest, match="'msg_1' stands twice") as refused:
        read_input([raw(said), raw(said)], sources())
    assert refused.value.param == "input[1].id"


@pytest.mark.parametrize("named", ["call_1", "lsh_1"])
def test_an_output_of_a_local_shell_has_an_id_of_its_own(named: str) -> None:
    """What stands as its id is that of its call."""
    item = read_item(bytes(raw({"type": "local_shell_call_output", "id": named, "output": "x"})), "i", sources())
    assert item.id.startswith("lsho_")
    assert msgspec.json.decode(item.raw) == {
        "type": "local_shell_call_output",
        "id": item.id,
        "call_id": named,
        "output": "x",
    }
    again = read_item(item.raw, "i", sources())
    assert (again.id, again.raw) == (item.id, item.raw)
