"""What a connection remembers."""

import json
from typing import Any

import msgspec
import pytest

from antiphon.server.sockets.kept import Kept, Memory, ended_well, required_input
from antiphon.wire.events import ResponseFailed
from antiphon.wire.responses import Response


def test_the_oldest_makes_room() -> None:
    memory = Memory(most=2)
    for name in "abc":
        memory.keep(name, Kept([], stored=False))
    assert [memory.find(name) is not None for name in "abc"] == [False, True, True]
    memory.forget("b")
    memory.forget(None)
    assert memory.find("b") is None
    assert memory.find(None) is None


def response(*output: dict[str, Any]) -> Response:
    raw = [msgspec.Raw(json.dumps(item).encode()) for item in output]
    return Response(id="resp_1", created_at=1, status="completed", model="m", output=raw, text={})


@pytest.mark.parametrize(
    ("item", "stub"),
    [
        (
            {"type": "function_call", "call_id": "c", "name": "f"},
            {"type": "function_call_output", "call_id": "c", "name": "f"},
        ),
        ({"type": "custom_tool_call", "call_id": "c"}, {"type": "custom_tool_call_output", "call_id": "c"}),
        ({"type": "shell_call", "call_id": "c"}, {"type": "shell_call_output", "call_id": "c"}),
        ({"type": "apply_patch_call", "call_id": "c"}, {"type": "apply_patch_call_output", "call_id": "c"}),
        ({"type": "computer_call", "call_id": "c"}, {"type": "computer_call_output", "call_id": "c"}),
        (
            {"type": "mcp_approval_request", "id": "mcpr_1"},
            {"type": "mcp_approval_response", "approval_request_id": "mcpr_1"},
        ),
        (
            {"type": "tool_search_call", "call_id": "c", "execution": "client"},
            {"type": "tool_search_output", "call_id": "c", "execution": "client"},
        ),
    ],
)
def test_what_the_client_has_to_send(item: dict[str, Any], stub: dict[str, Any]) -> None:
    assert required_input(response({"type": "message"}, item)) == [stub]


def test_nothing_waits_for_the_client() -> None:
    searched = {"type": "tool_search_call", "call_id": "c", "execution": "server"}
    assert required_input(response({"type": "message"}, {"type": "mcp_call"}, searched)) is None


def test_a_call_without_a_stub_waits_all_the_same() -> None:
    assert required_input(response({"type": "local_shell_call", "call_id": "c"})) == []


def test_what_failed_is_not_continued() -> None:
    assert ended_well(ResponseFailed(response=response())) is None
    assert ended_well(None) is None
