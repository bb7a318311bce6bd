"""Tools of every kind by the official client, against a running server: searched for, in namespaces, on a screen.

The MCP servers are real, the model is scripted. Not here: the loop itself (`test_agent_loop.py`).
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from agent_scene import ADD, CALLED, LISTED, MESSAGE, Agent, F, agent_on, item, whole
from judged_http import NO_TLS
from mcp_servers import TOKEN, workshop
from running_server import Json, Scene

from antiphon.testing import text, tool_call

PICTURE = "data:image/png;base64,iVBORw0KGgo="
SEARCH = {"type": "tool_search"}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather at a place.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    "strict": None,
    "defer_loading": True,
}
CRM = {
    "type": "namespace",
    "name": "crm",
    "description": "Customers.",
    "tools": [{"type": "function", "name": "get", "parameters": {"type": "object", "properties": {}}}],
}


@pytest.fixture
async def agent(scene: Scene) -> AsyncIterator[Agent]:
    async with agent_on(scene, workshop(bearer=True)) as made:
        yield made


def shop(agent: Agent, **more: Any) -> Json:
    return agent.tool(authorization=TOKEN, **more)


def offered(agent: Agent) -> list[list[str]]:
    """The functions of each call of the model."""
    return [[tool["function"]["name"] for tool in call.json.get("tools", [])] for call in agent.scene.calls]


def searching(words: str) -> Any:
    return tool_call("tool_search", json.dumps({"query": words}))


async def test_tools_of_a_deferred_server_are_found_and_called(agent: Agent) -> None:
    tools = [shop(agent, defer_loading=True, server_description="Adds and says."), WEATHER, SEARCH]
    told = await agent.ask(searching("add numbers"), ADD, text("5."), tools=tools)
    assert told.kinds == whole(item(*LISTED), item(), item(), item(*CALLED), item(*MESSAGE))
    _, search, found, call, _ = told.output
    assert (search["type"], search["execution"], search["call_id"]) == ("tool_search_call", "server", None)
    assert found["type"] == "tool_search_output"
    (server,) = found["tools"]
    assert (server["type"], server["server_label"], server["allowed_tools"]) == ("mcp", "shop", ["add"])
    assert TOKEN.encode() not in told.raw
    assert call["output"] == "5"
    assert offered(agent) == [["tool_search"], ["tool_search", "add"], ["tool_search", "add"]]
    description = agent.scene.calls[0].json["tools"][0]["function"]["description"]
    assert "shop: Adds and says." in description
    assert "get_weather" in description
    after = await agent.ask(text("Hi."), tools=tools, previous_response_id=told.final["id"])
    assert after.types == ["message"]
    assert offered(agent)[-1] == ["tool_search", "add"]


async def test_a_search_that_the_client_makes(agent: Agent) -> None:
    tools = [WEATHER, {"type": "tool_search", "execution": "client", "description": "Find tools."}]
    first = await agent.ask(searching("weather"), tools=tools)
    assert first.kinds == whole(item())
    (search,) = first.output
    assert search["execution"] == "client"
    given = [{"type": "tool_search_output", "call_id": search["call_id"], "execution": "client", "tools": [WEATHER]}]
    call = tool_call("get_weather", '{"city": "Oslo"}', id="call_2")
    second = await agent.ask(call, input=given, tools=tools, previous_response_id=first.final["id"])
    assert [one["name"] for one in second.output] == ["get_weather"]
    assert offered(agent) == [["tool_search"], ["get_weather", "tool_search"]]
    kept = await agent.client.responses.input_items.list(second.final["id"])
    assert kept.data[0].type == "tool_search_output"


async def test_a_function_of_a_namespace_there_and_back(agent: Agent) -> None:
    first = await agent.ask(tool_call("crm__get", "{}"), tools=[CRM])
    (call,) = first.output
    assert (call["name"], call["namespace"]) == ("get", "crm")
    given = [{"type": "function_call_output", "call_id": call["call_id"], "output": "Ada"}]
    await agent.ask(text("Ada."), input=given, tools=[CRM], previous_response_id=first.final["id"])
    assert agent.messages[1]["tool_calls"][0]["function"]["name"] == "crm__get"
    assert first.final["tools"] == [CRM]


async def test_tools_that_come_as_an_item(agent: Agent) -> None:
    more = {"type": "additional_tools", "role": "developer", "tools": [F, shop(agent)]}
    asked = [{"role": "user", "content": "Hello?"}, more]
    told = await agent.ask(ADD, text("5."), input=asked, tools=[])
    assert told.types == ["mcp_list_tools", "mcp_call", "message"]
    assert offered(agent)[0][:2] == ["f", "add"]
    kept = await agent.client.responses.with_raw_response.input_items.list(told.final["id"])
    assert TOKEN.encode() not in kept.content


@pytest.mark.parametrize("model", ["ollama/m", "full/m"])
async def test_a_choice_of_none_calls_nothing(agent: Agent, model: str) -> None:
    told = await agent.ask(text("Hi."), tools=[F, shop(agent)], tool_choice="none", model=model)
    assert told.types == ["mcp_list_tools", "message"]
    sent = agent.scene.calls[0].json
    assert (len(sent.get("tools", [])), sent.get("tool_choice")) == ((8, "none") if model == "full/m" else (0, None))


MCP = {"type": "mcp", "server_label": "shop"}
NARROWED: list[tuple[Json, list[str], Any]] = [
    ({**MCP, "name": "say"}, ["say"], {"type": "function", "function": {"name": "say"}}),
    (MCP, ["add", "wait", "meet", "fail", "say", "draw", "told"], "required"),
    ({"type": "allowed_tools", "mode": "auto", "tools": [{**MCP, "name": "add"}]}, ["add"], "auto"),
    ({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "f"}]}, ["f"], "required"),
    ({"type": "function", "name": "f"}, ["f"], {"type": "function", "function": {"name": "f"}}),
]


@pytest.mark.parametrize(("choice", "names", "said"), NARROWED)
async def test_a_choice_narrows_the_tools_of_servers(agent: Agent, choice: Json, names: list[str], said: Any) -> None:
    await agent.ask(text("Hi."), tools=[F, shop(agent)], tool_choice=choice, model="ollama/m")
    assert offered(agent)[-1] == names
    assert "tool_choice" not in agent.scene.calls[-1].json
    await agent.ask(text("Hi."), tools=[F, shop(agent)], tool_choice=choice, model="full/m")
    assert agent.scene.calls[-1].json["tool_choice"] == said
    assert len(offered(agent)[-1]) == (8 if isinstance(said, dict) else len(names))


PREVIEW = {"type": "computer_use_preview", "display_width": 800, "display_height": 600, "environment": "browser"}
BY_TYPE: list[tuple[Json, Json, str]] = [
    ({"type": "computer"}, {"type": "computer"}, "computer"),
    ({"type": "computer"}, {"type": "computer_use"}, "computer"),
    (PREVIEW, {"type": "computer_use_preview"}, "computer"),
    ({"type": "shell"}, {"type": "shell"}, "shell"),
    ({"type": "apply_patch"}, {"type": "apply_patch"}, "apply_patch"),
    ({"type": "custom", "name": "c"}, {"type": "custom", "name": "c"}, "c"),
]


@pytest.mark.parametrize(("tool", "choice", "name"), BY_TYPE, ids=[row[1]["type"] for row in BY_TYPE])
def test_a_type_may_be_chosen(scene: Scene, tool: Json, choice: Json, name: str) -> None:
    scene.play(text("Hi."))
    answer = scene.stream(model="full/m", tools=[F, tool], tool_choice=choice)
    assert scene.asked["tool_choice"] == {"type": "function", "function": {"name": name}}
    assert answer.response["tool_choice"] == choice
    assert "antiphon-ignored" not in answer.headers


async def test_the_older_screen_does_one_action_a_call(agent: Agent) -> None:
    first = await agent.ask(tool_call("computer", '{"action": {"type": "screenshot"}}'), tools=[PREVIEW])
    (call,) = first.output
    assert call["action"] == {"type": "screenshot"}
    given = {
        "type": "computer_call_output",
        "call_id": call["call_id"],
        "output": {"type": "computer_screenshot", "image_url": PICTURE},
    }
    history = [{"role": "user", "content": "Hello?"}, call, given]
    second = await agent.ask(text("A page."), input=history, tools=[PREVIEW], store=False)
    assert second.text == "A page."
    assert json.loads(agent.messages[1]["tool_calls"][0]["function"]["arguments"]) == {"action": {"type": "screenshot"}}


async def test_what_was_forced_once_is_free_afterwards(agent: Agent) -> None:
    await agent.ask(ADD, text("5."), tools=[F, shop(agent)], tool_choice={**MCP, "name": "add"}, model="ollama/m")
    assert [len(names) for names in offered(agent)] == [1, 8]


def test_what_cannot_be_kept_is_said(scene: Scene) -> None:
    scene.play(text("Hi."), text("Hi."))
    forced = scene.stream(model="ollama/m", tools=[F], tool_choice={"type": "function", "name": "f"})
    assert forced.headers["antiphon-approximated"] == "tool_choice"
    demanded = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "f"}]}
    assert scene.stream(model="ollama/m", tools=[F], tool_choice=demanded).headers["antiphon-approximated"]


async def test_a_screen_is_acted_on_and_seen(agent: Agent) -> None:
    tools = [{"type": "computer"}]
    click = {"type": "click", "button": "left", "x": 1, "y": 2}
    first = await agent.ask(tool_call("computer", json.dumps({"actions": [click]})), tools=tools)
    assert first.kinds == whole(item())
    (call,) = first.output
    assert (call["actions"], call["pending_safety_checks"]) == ([click], [])
    checks = [{"id": "sc_1", "code": "c", "message": "Careful."}]
    given = {
        "type": "computer_call_output",
        "call_id": call["call_id"],
        "acknowledged_safety_checks": checks,
        "output": {"type": "computer_screenshot", "image_url": PICTURE},
    }
    second = await agent.ask(text("Clicked."), input=[given], tools=tools, previous_response_id=first.final["id"])
    assert second.text == "Clicked."
    assert [message["role"] for message in agent.messages] == ["user", "assistant", "tool", "user"]
    assert agent.messages[-1]["content"][1]["image_url"]["url"] == PICTURE
    kept = await agent.client.responses.input_items.list(second.final["id"])
    assert kept.data[0].acknowledged_safety_checks[0].id == "sc_1"


@pytest.mark.parametrize("member", ["id", "call_id"])
async def test_an_output_of_a_local_shell_names_its_call(agent: Agent, member: str) -> None:
    """By the id of the call, as documented, or by that of its item, as clients do."""
    tools = [{"type": "local_shell"}]
    first = await agent.ask(tool_call("local_shell", '{"command": ["ls"]}'), tools=tools)
    (call,) = first.output
    given = [{"type": "local_shell_call_output", "id": call[member], "output": '{"stdout": "a.txt"}'}]
    second = await agent.ask(text("a.txt"), input=given, tools=tools, previous_response_id=first.final["id"])
    assert second.text == "a.txt"
    assert agent.messages[-1] == {"role": "tool", "tool_call_id": call["call_id"], "content": '{"stdout": "a.txt"}'}
    history = [{"role": "user", "content": "Hello?"}, call, *given, {"role": "user", "content": "And?"}]
    third = await agent.ask(text("None."), input=history, tools=tools, store=False)
    assert third.text == "None."


@pytest.mark.parametrize("model", ["ollama/m", "scripted/m"])
async def test_one_call_a_turn_where_that_is_asked(agent: Agent, model: str) -> None:
    both = tool_call("add", '{"a": 1, "b": 1}') + tool_call("say", '{"text": "a", "times": 2}', id="call_2")
    told = await agent.ask(both, text("2."), tools=[shop(agent)], parallel_tool_calls=False, model=model)
    assert told.types == ["mcp_list_tools", "mcp_call", "message"]
    assert told.output[1]["output"] == "2"
    assert len(agent.messages[1]["tool_calls"]) == 1
    several = tool_call("f", "{}", id="call_a", pieces=2) + tool_call("f", "{}", id="call_b", pieces=2)
    told = await agent.ask(several, tools=[F], parallel_tool_calls=False, model=model)
    assert [one["call_id"] for one in told.output] == ["call_a"]


def test_a_type_that_nobody_knows_is_kept_and_noted(scene: Scene) -> None:
    scene.play(text("Hi."))
    new = {"type": "hologram", "beam": {"width": 3}, "name": None}
    asked = {"tools": [new, F, {"type": "programmatic_tool_calling"}], "tool_choice": {"type": "hologram"}}
    # Past the judge: a type that the SDK doesn't know is what this is about.
    answer = httpx2.post(
        f"{scene.server.url}/responses", json={"model": "scripted/m", "input": "Hello?", **asked}, verify=NO_TLS
    )
    assert answer.status_code == 200
    assert answer.json()["tools"][0] == new
    assert answer.headers["antiphon-ignored"] == "tools[0], tools[2], tool_choice"


SHELL_OUTPUT = [
    {"stdout": "a\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}},
    {"stdout": "", "stderr": "slow", "outcome": {"type": "timeout"}},
]
OUTPUTS: list[tuple[str, Any, Json, str]] = [
    (
        "shell",
        {"commands": ["ls", "sleep"]},
        {"type": "shell_call_output", "output": SHELL_OUTPUT, "max_output_length": 100, "status": "completed"},
        "a\n[exit code 0]\nslow\n[timed out]",
    ),
    ("shell", {"commands": []}, {"type": "shell_call_output", "output": [], "status": "incomplete"}, ""),
    (
        "apply_patch",
        {"type": "delete_file", "path": "a"},
        {"type": "apply_patch_call_output", "status": "failed", "output": "No such file."},
        "failed: No such file.",
    ),
    (
        "apply_patch",
        {"type": "delete_file", "path": "a"},
        {"type": "apply_patch_call_output", "status": "completed", "output": None},
        "completed",
    ),
    (
        "local_shell",
        {"command": ["ls"]},
        {"type": "local_shell_call_output", "id": "x", "output": "a", "status": "incomplete"},
        "a",
    ),
]


@pytest.mark.parametrize(("name", "arguments", "output", "told"), OUTPUTS)
async def test_what_the_client_gives_back(agent: Agent, name: str, arguments: Any, output: Json, told: str) -> None:
    tools = [{"type": name}]
    first = await agent.ask(tool_call(name, json.dumps(arguments)), tools=tools)
    (call,) = first.output
    given = {**output, "call_id": call["call_id"], "caller": {"type": "direct"}}
    second = await agent.ask(text("Ok."), input=[given], tools=tools, previous_response_id=first.final["id"])
    assert second.text == "Ok."
    assert agent.messages[-1]["content"] == told
    kept = await agent.client.responses.input_items.list(second.final["id"])
    assert kept.data[0].type == output["type"]
