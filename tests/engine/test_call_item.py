"""A tool call as an open item: when it may open, and how it ends."""

import itertools
from collections.abc import Sequence

import msgspec
import pytest

from antiphon.engine.call_item import CallItem
from antiphon.engine.kinds.custom import CustomFace
from antiphon.engine.kinds.face import Binding, Outcome
from antiphon.engine.kinds.mcp import ApprovalFace, McpFace
from antiphon.engine.kinds.shells import ShellFace
from antiphon.engine.open_items import Arguments, Text
from antiphon.engine.own import Unkeyed
from antiphon.wire.events import Event
from antiphon.wire.mcp import McpTool

ABOUT = {"server_label": "s", "name": "f"}
SERVER = McpTool(server_label="s", server_url="http://127.0.0.1/mcp")
BINDINGS = {
    "mcp": Binding(McpFace, "mcp", ABOUT),
    "ask": Binding(ApprovalFace, about={**ABOUT, "stamp": Unkeyed(), "server": SERVER}),
    "shell": Binding(ShellFace),
    "custom": Binding(CustomFace),
}


def item(name: str, call_id: str | None = "call_1") -> CallItem:
    numbers = itertools.count(1)
    made = CallItem(lambda prefix: f"{prefix}_{next(numbers)}", BINDINGS)
    made.name, made.call_id = name, call_id
    return made


def said(events: Sequence[Event]) -> list[str]:
    kinds = [msgspec.json.decode(msgspec.json.encode(event))["type"] for event in events]
    return [str(kind).removeprefix("response.") for kind in kinds]


def last(events: Sequence[Event]) -> dict[str, object]:
    return dict(msgspec.json.decode(msgspec.json.encode(events[-1]))["item"])


@pytest.mark.parametrize(
    ("name", "call_id", "held", "ready"),
    [
        ("", "call_1", "{}", False),
        ("f", "call_1", "", False),
        ("f", "call_1", "{", True),
        ("f", None, "{", False),
        ("f", None, "{} ", True),
        ("custom", "call_1", "{", True),
        ("shell", "call_1", "{", False),
        ("shell", "call_1", "{}", True),
        ("ask", "call_1", '{"a": [1', False),
    ],
)
def test_when_it_may_open(name: str, call_id: str | None, held: str, *, ready: bool) -> None:
    pieces = [Arguments(held)] if held else []
    assert item(name, call_id).ready(pieces) is ready


def test_an_id_that_never_came_is_made_up() -> None:
    call = item("f", None)
    call.open(0, [])
    assert call.call_id is not None
    assert call.call_id.startswith("call_")


@pytest.mark.parametrize("name", ["f", "mcp", "custom"])
@pytest.mark.parametrize("pieces", [[], [" "]])
def test_nothing_is_an_empty_object_before_the_arguments_end(name: str, pieces: list[str]) -> None:
    call = item(name)
    events = [*call.open(0, []), *(event for piece in pieces for event in call.delta(Arguments(piece)))]
    call.outcome = Outcome("5") if name == "mcp" else None
    asked = call.asked()
    assert call.asked() == []
    closed = call.close("completed")
    kinds = said([*events, *asked, *closed])
    assert kinds.index(kinds[-1]) == len(kinds) - 1
    done = next(index for index, kind in enumerate(kinds) if kind.endswith(("arguments.done", "input.done")))
    assert not any(kind.endswith("delta") for kind in kinds[done:])
    if name == "custom":
        assert last(closed)["input"] == ""
    else:
        assert msgspec.json.decode(str(last(closed)["arguments"])) == {}


def test_a_call_that_was_cut_stays_as_it_is() -> None:
    call = item("f")
    call.open(0, [])
    assert last(call.close("incomplete"))["arguments"] == ""


def test_a_call_of_the_servers_tool_waits_for_its_outcome() -> None:
    call = item("mcp")
    call.open(3, [])
    call.delta(Arguments("{}"))
    assert (call.waiting(), call.complete()) == (True, False)
    call.outcome = Outcome(error={"message": "No."})
    assert (call.waiting(), call.complete()) == (False, True)
    events = call.close("completed")
    assert said(events) == ["mcp_call_arguments.done", "mcp_call.failed", "output_item.done"]
    assert last(events)["status"] == "failed"


@pytest.mark.parametrize("written", ["", "{}"])
def test_a_request_for_approval_has_one_id_from_its_beginning(written: str) -> None:
    call = item("ask")
    begun = last(call.open(0, [Arguments(written)])[:1])
    if written:
        call.delta(Arguments(written))
    ended = last(call.close("completed"))
    assert begun["id"] == ended["id"]
    assert ended["arguments"] == "{}"


def test_a_call_known_beforehand_needs_no_name_of_the_offer() -> None:
    call = item("")
    call.is_call_of("gone", BINDINGS["mcp"])
    assert (call.name, call.binding.face, call.possible()) == ("gone", McpFace, True)


def test_it_takes_arguments_and_nothing_else() -> None:
    call = item("f")
    call.open(0, [])
    with pytest.raises(TypeError):
        call.delta(Text("hi"))


def test_what_never_opened_says_nothing() -> None:
    call = item("f")
    assert (call.id, call.asked(), call.close("completed")) == ("", [], [])


def test_its_arguments_with_those_still_held() -> None:
    call = item("f")
    assert call.arguments([]) == "{}"
    assert call.arguments([Arguments('{"a"'), Text("no"), Arguments(": 1}")]) == '{"a": 1}'
