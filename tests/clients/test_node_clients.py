"""The AI SDK and the official client for Node do their work against a running server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_environments import client_modules, node
from client_worker import Tasks, Worker, working
from running_server import Scene
from watched_server import Door

from antiphon.testing import reasoning, text, tool_call

SCRIPT = Path(__file__).with_name("node") / "tasks.mjs"
OSLO = tool_call("temperature", {"city": "Oslo"}, id="call_oslo", pieces=3)
ROME = tool_call("temperature", {"city": "Rome"}, id="call_rome", pieces=2)

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    program, modules = node(), client_modules("node")
    # Node looks for packages beside the script.
    folder = tmp_path_factory.mktemp("node")
    (folder / "node_modules").symlink_to(modules)
    script = shutil.copy(SCRIPT, folder)
    with working(program, script) as made:
        yield made


@pytest.fixture
def tasks(worker: Worker, door: Door) -> Tasks:
    return worker.before(door)


def told(scene: Scene) -> list[str]:
    """Who speaks in what the model was told last."""
    return [entry["role"] for entry in scene.calls[-1].json["messages"]]


def test_generate_text(tasks: Tasks, scene: Scene, door: Door) -> None:
    scene.play(OSLO + ROME, OSLO, text("In ", "Rome."))
    result = tasks("ai_generate")
    assert result == {"text": "In Rome.", "calls": [["Oslo", "Rome"], ["Oslo"], []], "usage": 6, "finish": "stop"}
    assert told(scene) == ["user", "assistant", "tool", "tool", "assistant", "tool"]
    assert [one.streamed for one in door.answers] == [False] * 3


def test_stream_text(tasks: Tasks, scene: Scene, door: Door) -> None:
    scene.play(reasoning("Hm.") + text("Let me ", "see.") + OSLO + ROME, text("In ", "Rome."))
    result = tasks("ai_stream")
    assert result["texts"] == ["Let me ", "see.", "In ", "Rome."]
    assert result["steps"] == 2
    assert "error" not in result["kinds"]
    assert result["kinds"].count("tool-result") == 2
    assert told(scene) == ["user", "assistant", "tool", "tool"]
    assert scene.calls[-1].json["messages"][1]["content"] == "Let me see."
    assert [one.types for one in door.answers] == [
        ["reasoning", "message", "function_call", "function_call"], ["message"],
    ]  # fmt: skip


def test_stream_text_without_the_store(tasks: Tasks, scene: Scene, door: Door) -> None:
    scene.play(reasoning("Hm.") + OSLO, ROME, text("In Rome."))
    assert tasks("ai_unstored") == {"text": "In Rome.", "steps": 3, "warned": []}
    assert [bool(item["encrypted_content"]) for item in door.asked[1]["input"] if "encrypted_content" in item] == [True]
    assert [one["store"] for one in door.asked] == [False] * 3
    assert told(scene) == ["user", "assistant", "tool", "assistant", "tool"]


def test_turns_by_previous_response_id(tasks: Tasks, scene: Scene, door: Door) -> None:
    scene.play(text("In Rome."), text("Sure."))
    result = tasks("ai_chain")
    assert result["texts"] == ["In Rome.", "Sure."]
    assert door.asked[1]["previous_response_id"] == result["previous"]
    assert told(scene) == ["user", "assistant", "user"]


def test_an_object_after_calls(tasks: Tasks, scene: Scene) -> None:
    scene.play(OSLO + ROME, text('{"city": "Rome", "celsius": 19}'))
    assert tasks("ai_shape") == {"city": "Rome", "celsius": 19}
    assert scene.calls[0].json["response_format"]["type"] == "json_schema"


def test_an_mcp_server_that_this_server_calls(tasks: Tasks, scene: Scene, door: Door, shop_url: str) -> None:
    scene.play(tool_call("add", {"a": 2, "b": 3}, id="call_a"), OSLO, text("5."))
    result = tasks("ai_mcp", shop_url)
    assert result["text"] == "5."
    assert [name.rpartition(".")[2] for name in result["calls"]] == ["add", "temperature"]
    # It doesn't carry the list of tools along, so that they are listed again.
    listed = ["mcp_list_tools", "mcp_call", "function_call"], ["mcp_list_tools", "message"]
    assert [one.types for one in door.answers] == [*listed]


def test_the_official_client(tasks: Tasks, scene: Scene) -> None:
    scene.play(OSLO, ROME, text("In Rome."))
    assert tasks("openai_loop") == {"text": "In Rome.", "items": 5}
    assert told(scene) == ["user", "assistant", "tool", "assistant", "tool"]


def test_the_official_client_streamed_in_a_conversation(tasks: Tasks, scene: Scene) -> None:
    scene.play(OSLO + ROME, text("In ", "Rome."))
    result = tasks("openai_stream")
    assert result["texts"] == ["In ", "Rome."]
    assert [each for each in result["snapshots"] if each.endswith("}")] == ['{"city": "Oslo"}', '{"city": "Rome"}']
    calls = ["function_call", "function_call", "function_call_output", "function_call_output"]
    assert result["items"] == ["message", *calls, "message"]


def test_the_official_client_reads_a_shape_and_an_error(tasks: Tasks, scene: Scene) -> None:
    scene.play(text('{"city": "Rome", "celsius": 19}'))
    assert tasks("openai_shape") == {"city": "Rome", "celsius": 19}
    assert tasks("openai_refused") == {"status": 404, "param": "previous_response_id", "kind": "NotFoundError"}
