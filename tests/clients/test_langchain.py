"""LangChain's ChatOpenAI does its work against a running server, by the Responses API."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from client_environments import client_python
from client_worker import Tasks, Worker, working
from running_server import Scene
from watched_server import Door

from antiphon.testing import text, tool_call

SCRIPT = Path(__file__).with_name("langchain_agent.py")
OSLO = tool_call("temperature", {"city": "Oslo"}, id="call_oslo", pieces=3)
ROME = tool_call("temperature", {"city": "Rome"}, id="call_rome", pieces=2)

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with working(client_python("agents", "3.11"), SCRIPT) as made:
        yield made


@pytest.fixture
def langchain(worker: Worker, door: Door) -> Tasks:
    return worker.before(door)


def told(scene: Scene) -> list[str]:
    """Who speaks in what the model was told last."""
    return [entry["role"] for entry in scene.calls[-1].json["messages"]]


def test_a_loop_of_calls(langchain: Tasks, scene: Scene, door: Door) -> None:
    scene.play(OSLO, ROME, text("In ", "Rome."))
    result = langchain("loop")
    assert result["text"] == "In Rome."
    assert result["roles"] == ["human", "ai", "tool", "ai", "tool"]
    assert result["usage"]["total_tokens"] == 2
    assert told(scene) == ["user", "assistant", "tool", "assistant", "tool"]
    assert [one.streamed for one in door.answers] == [False] * 3


def test_the_same_in_a_stream(langchain: Tasks, scene: Scene, door: Door) -> None:
    scene.play(text("Let me ", "see.") + OSLO + ROME, text("In ", "Rome."))
    result = langchain("streamed")
    assert result["texts"] == ["Let me ", "see.", "In ", "Rome."]
    assert result["roles"] == ["human", "AIMessageChunk", "tool", "tool"]
    assert told(scene) == ["user", "assistant", "tool", "tool"]
    assert scene.calls[-1].json["messages"][1]["content"] == "Let me see."
    assert [one.streamed for one in door.answers] == [True, True]


def test_turns_by_previous_response_id(langchain: Tasks, scene: Scene, door: Door) -> None:
    scene.play(OSLO, text("4."), text("Sure."))
    assert langchain("chained")["texts"] == ["4.", "Sure."]
    assert [one.get("previous_response_id") for one in door.asked] == [
        None, *(one.response["id"] for one in door.answers[:2]),
    ]  # fmt: skip
    assert [len(one["input"]) for one in door.asked] == [1, 1, 1]
    assert told(scene) == ["user", "assistant", "tool", "assistant", "user"]


def test_an_answer_in_a_shape(langchain: Tasks, scene: Scene) -> None:
    scene.play(text('{"city": "Rome", "celsius": 19}'))
    assert langchain("shaped") == {"city": "Rome", "celsius": 19}
    assert scene.asked["response_format"]["json_schema"]["name"] == "Weather"


def test_an_mcp_server_that_this_server_calls(langchain: Tasks, scene: Scene, door: Door, shop_url: str) -> None:
    scene.play(tool_call("add", {"a": 2, "b": 3}, id="call_a"), OSLO, text("5."))
    result = langchain("hosted_mcp", shop_url)
    assert result["text"] == "5."
    assert result["blocks"] == ["mcp_list_tools", "mcp_call", "function_call"]
    assert [one.types for one in door.answers] == [["mcp_list_tools", "mcp_call", "function_call"], ["message"]]
