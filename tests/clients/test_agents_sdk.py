"""The OpenAI Agents SDK does its work against a running server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from client_environments import client_python
from client_worker import Tasks, Worker, working
from running_server import Scene
from watched_server import Door

from antiphon.testing import text, tool_call

SCRIPT = Path(__file__).with_name("agents_sdk.py")
OSLO = tool_call("temperature", {"city": "Oslo"}, id="call_oslo", pieces=3)
ROME = tool_call("temperature", {"city": "Rome"}, id="call_rome", pieces=2)
SHAPED = ('{"city": "Ro', 'me", "celsius": 19}')

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with working(client_python("agents", "3.11"), SCRIPT) as made:
        yield made


@pytest.fixture
def sdk(worker: Worker, door: Door) -> Tasks:
    return worker.before(door)


def roles(scene: Scene) -> list[str]:
    """Who speaks in what the model was told last."""
    return [entry["role"] for entry in scene.calls[-1].json["messages"]]


def test_parallel_functions_and_an_answer_in_a_shape(sdk: Tasks, scene: Scene, door: Door) -> None:
    scene.play(OSLO + ROME, text(*SHAPED))
    result = sdk("functions")
    assert result["output"] == {"city": "Rome", "celsius": 19}
    calls = ["tool_call_item", "tool_call_item", "tool_call_output_item", "tool_call_output_item"]
    assert result["items"] == [*calls, "message_output_item"]
    assert [one.types for one in door.answers] == [["function_call", "function_call"], ["message"]]
    assert roles(scene) == ["system", "user", "assistant", "tool", "tool"]
    assert [entry["content"] for entry in scene.calls[-1].json["messages"][3:]] == ["4", "19"]
    assert scene.calls[0].json["response_format"]["type"] == "json_schema"


def test_the_same_in_a_stream(sdk: Tasks, scene: Scene, door: Door) -> None:
    scene.play(OSLO + ROME, text(*SHAPED))
    result = sdk("streamed")
    assert result["deltas"] == list(SHAPED)
    assert result["output"] == {"city": "Rome", "celsius": 19}
    assert sorted(result["names"]) == ["message_output_created", *["tool_called"] * 2, *["tool_output"] * 2]
    assert [one.streamed for one in door.answers] == [True, True]


def test_a_handoff(sdk: Tasks, scene: Scene, door: Door) -> None:
    scene.play(tool_call("transfer_to_expert", {}, id="call_h"), OSLO, text("4 degrees."))
    result = sdk("handoff")
    assert (result["agent"], result["output"]) == ("expert", "4 degrees.")
    assert result["items"][:2] == ["handoff_call_item", "handoff_output_item"]
    assert len(door.answers) == 3


def test_a_session_in_a_conversation(sdk: Tasks, scene: Scene, door: Door) -> None:
    scene.play(OSLO, text("4."), ROME, text("19."), text("You're welcome."))
    result = sdk("session")
    assert result["outputs"] == ["4.", "19.", "You're welcome."]
    turn = ["message", "function_call", "function_call_output", "message"]
    assert [kind or "message" for kind in result["kinds"]] == [*turn, *turn, "message", "message"]
    assert result["popped"] == "assistant"
    kept = scene.server.get(f"/conversations/{result['session']}/items", order="asc").json["data"]
    assert [item["type"] for item in kept] == [*turn, *turn, "message"]
    assert roles(scene) == [*["user", "assistant", "tool", "assistant"] * 2, "user"]
    assert len(door.answers) == 5


def test_turns_that_the_server_puts_together(sdk: Tasks, scene: Scene, door: Door) -> None:
    scene.play(OSLO, text("4."), ROME, text("19."), text("Sure."))
    result = sdk("conversation")
    assert result["outputs"] == ["4.", "19.", "Sure."]
    assert roles(scene) == ["user", "assistant", "tool", "assistant", "user"]
    first, second, third, fourth, fifth = door.asked
    assert first["conversation"] == second["conversation"] == result["conversation"]
    ids = [one.response["id"] for one in door.answers]
    assert "previous_response_id" not in third
    assert [fourth["previous_response_id"], fifth["previous_response_id"]] == ids[2:4]


def test_an_mcp_server_that_this_server_calls(sdk: Tasks, scene: Scene, door: Door, shop_url: str) -> None:
    add = tool_call("add", {"a": 2, "b": 3}, id="call_a")
    say = tool_call("say", {"text": "5", "times": 2}, id="call_s")
    scene.play(add, say, OSLO, text("55."))
    result = sdk("hosted_mcp", shop_url)
    assert result["output"] == "55."
    assert [one.types for one in door.answers] == [
        ["mcp_list_tools", "mcp_call", "mcp_approval_request"], ["mcp_call", "function_call"], ["message"],
    ]  # fmt: skip
    assert [entry["content"] for entry in scene.calls[-1].json["messages"] if entry["role"] == "tool"] == [
        "5",
        "55",
        "4",
    ]


def test_an_mcp_server_that_the_client_calls(sdk: Tasks, scene: Scene, door: Door, shop_url: str) -> None:
    add = tool_call("add", {"a": 2, "b": 3}, id="call_a")
    scene.play(add + tool_call("say", {"text": "5", "times": 2}, id="call_s"), text("55."))
    assert sdk("local_mcp", shop_url)["output"] == "55."
    assert [one.types for one in door.answers] == [["function_call", "function_call"], ["message"]]


def test_a_shell_and_a_patch_of_the_client(sdk: Tasks, scene: Scene, door: Door) -> None:
    shell = tool_call("shell", {"commands": ["cat greet.txt"]}, id="call_s")
    diff = "@@\n-hello\n+hello, world\n"
    patch = tool_call(
        "apply_patch", {"operation": {"type": "update_file", "path": "greet.txt", "diff": diff}}, id="call_p"
    )
    scene.play(shell, patch, text("Done."))
    result = sdk("built_in")
    assert result["output"] == "Done."
    assert result["done"] == [["cat greet.txt"], ["update_file", "greet.txt", diff]]
    assert [one.types for one in door.answers] == [["shell_call"], ["apply_patch_call"], ["message"]]
    assert roles(scene) == ["user", "assistant", "tool", "assistant", "tool"]
