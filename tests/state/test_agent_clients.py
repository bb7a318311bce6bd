"""The agents of two clients of other servers, which keep their sessions in conversations, run against this one."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from client_environments import client_python
from running_server import RunningServer, Scene, running_server

from antiphon.testing import text, tool_call

SCRIPT = Path(__file__).parents[1] / "agent_turns.py"
QUESTION = "Give me a sentence that contains the word: hello"

Json = dict[str, Any]
Agent = tuple[str, Path]


@pytest.fixture(scope="session", params=[("ogx", "3.11"), ("llama-stack", "3.12")], ids=lambda param: str(param[0]))
def agent(request: pytest.FixtureRequest) -> Agent:
    """A client's package, and the Python that has it."""
    name, least = request.param
    return f"{name.replace('-', '_')}_client", client_python(name, least)


def turns(agent: Agent, server: RunningServer, model: str, *messages: str) -> list[Json]:
    """What the agent emits in these turns."""
    package, python = agent
    command = [str(python), str(SCRIPT), package, server.url.removesuffix("/v1"), model, *messages]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def user(content: Any) -> str:
    return json.dumps([{"role": "user", "content": content}])


def kinds(events: list[Json]) -> list[str]:
    """The events, those of progress once."""
    told = [f"{event['kind']} {event['step_type']}" if "step_type" in event else event["kind"] for event in events]
    return [kind for n, kind in enumerate(told) if n == 0 or told[n - 1] != kind]


ON_ONE_STORE = pytest.mark.parametrize("shared_server", ["sqlite"], indirect=True)


@ON_ONE_STORE
@pytest.mark.timeout(900)
def test_turns_with_a_function_of_the_client(agent: Agent, scene: Scene) -> None:
    scene.play(
        text("Hello, ", "how ", "may I help?"),
        tool_call("boiling_point", {"liquid_name": "polyjuice", "celcius": True}, id="call_1", pieces=3),
        text("It is ", "-100."),
        text("You're welcome."),
    )
    asked = [user("Hi"), user([{"type": "input_text", "text": "Boiling point of polyjuice?"}]), user("Thanks")]
    events = turns(agent, scene.server, "scripted/m", "--tool", *asked)
    inference = ["StepStarted inference", "StepProgress inference", "StepCompleted inference"]
    plain = ["TurnStarted", *inference, "TurnCompleted"]
    tool = ["StepStarted tool_execution", "StepCompleted tool_execution"]
    assert kinds(events) == [*plain, "TurnStarted", *inference, *tool, *inference, "TurnCompleted", *plain, "Session"]
    ends = [event for event in events if event["kind"] == "TurnCompleted"]
    assert [end["final_text"] for end in ends] == ["Hello, how may I help?", "It is -100.", "You're welcome."]
    assert [len(end["response_ids"]) for end in ends] == [1, 2, 1]
    [ran] = [event for event in events if event["kind"] == "StepCompleted" and event["step_type"] == "tool_execution"]
    assert [said["content"] for said in ran["result"]["tool_responses"]] == ["-100"]

    told = scene.calls[-1].json["messages"]
    roles = ["system", "user", "assistant", "user", "assistant", "tool", "assistant", "user"]
    assert [entry["role"] for entry in told] == roles
    assert told[5] == {"role": "tool", "tool_call_id": "call_1", "content": "-100"}
    session = events[-1]["id"]
    assert scene.server.get(f"/conversations/{session}").json["metadata"] == {"name": "test-session"}
    kept = scene.server.get(f"/conversations/{session}/items", order="asc").json["data"]
    assert [item["type"] for item in kept] == [
        "message", "message", "message", "function_call", "function_call_output", "message", "message", "message",
    ]  # fmt: skip


@ON_ONE_STORE
@pytest.mark.timeout(900)
def test_a_turn_that_fails(agent: Agent, scene: Scene) -> None:
    """Each client tells it in its own way, and can ask again in the same session."""
    scene.play(text("half an ans", "wer").without_finish(), text("Whole."))
    events = turns(agent, scene.server, "scripted/m", user("Hi"), user("Hi?"))
    inference = ["TurnStarted", "StepStarted inference", "StepProgress inference"]
    failed = {"ogx_client": "APIError", "llama_stack_client": "TurnFailed"}[agent[0]]
    assert kinds(events) == [*inference, failed, *inference, "StepCompleted inference", "TurnCompleted", "Session"]
    session = events[-1]
    kept = scene.server.get(f"/conversations/{session['id']}/items", order="asc").json["data"]
    assert [item["content"][0]["text"] for item in kept] == ["Hi?", "Whole."]


@ON_ONE_STORE
@pytest.mark.timeout(900)
def test_responses_are_listed(agent: Agent, scene: Scene) -> None:
    """Over as many pages as there are responses."""
    scene.play(text("Hello."), text("Good bye."))
    *_, listed = turns(agent, scene.server, "scripted/m", "--list", user("Hi"), user("Bye"))
    made = [scene.server.get(f"/responses/{name}").json for name, _ in listed["responses"][:2]]
    assert [one["output"][0]["content"][0]["text"] for one in made] == ["Good bye.", "Hello."]
    assert [items for _, items in listed["responses"][:2]] == [1, 1]


@pytest.mark.recordings
@pytest.mark.timeout(900)
def test_agent_simple(agent: Agent, recordings_dir: Path) -> None:
    """The first of Llama Stack's own tests of its agent, over the model's recorded answers."""
    cassette = str(recordings_dir / "llama-stack-e9b4278a5" / "agents")
    with running_server("--cassette", cassette, "--mode", "replay", folder=recordings_dir) as server:
        events = turns(
            agent, server, "ollama/llama3.2:3b-instruct-fp16", user([{"type": "input_text", "text": QUESTION}])
        )
    inference = ["StepStarted inference", "StepProgress inference", "StepCompleted inference"]
    assert kinds(events) == ["TurnStarted", *inference, "TurnCompleted", "Session"]
    [end] = [event for event in events if event["kind"] == "TurnCompleted"]
    assert "hello" in end["final_text"].lower()
