"""`tool_search`: deferred tools are found, and offered from the next turn on."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from engine_answers import Answered, answered, call, checked, decode_chunk, emitted, planned, sources
from recorded_kinds import kinds_of

from antiphon.engine.commands import CallUpstream, Command
from antiphon.engine.kinds.tool_search import QUERY, SHOWN, client_search, server_search
from antiphon.engine.replies import UpstreamChunks, UpstreamDone, UpstreamOpened
from antiphon.engine.run import Run

Json = dict[str, Any]
WEATHER = {"type": "function", "name": "get_weather", "description": "Weather.", "defer_loading": True}
FILES = {"type": "function", "name": "search_files", "description": "Files.", "defer_loading": True}
F = {"type": "function", "name": "f"}
CRM = {"type": "namespace", "name": "crm", "description": "Customers.", "tools": [{**F, "defer_loading": True}]}
CLIENT = {"type": "tool_search", "execution": "client", "description": "Find tools.", "parameters": QUERY}
SERVER = {"type": "tool_search"}
END = {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}
TEXT = {"choices": [{"delta": {"content": "Hi."}, "finish_reason": "stop"}]}


class Talk:
    """A run of several turns, and what each of them offered."""

    def __init__(self, **fields: Any) -> None:
        self.run = Run(planned(store=False, **fields).plan, sources())
        self.events: list[Json] = []
        self.asked: list[Json] = []
        self._take(self.run.start())

    def says(self, *chunks: Json) -> "Talk":
        self._take(self.run.handle(UpstreamOpened()))
        self._take(self.run.handle(UpstreamChunks([decode_chunk(msgspec.json.encode(one)) for one in chunks])))
        self._take(self.run.handle(UpstreamDone(marked=True)))
        return self

    @property
    def offered(self) -> list[list[str]]:
        return [[tool["function"]["name"] for tool in body.get("tools", [])] for body in self.asked]

    @property
    def answer(self) -> Answered:
        return checked(self.events)

    def _take(self, commands: list[Command]) -> None:
        self.events += emitted(commands)
        self.asked += [command.body for command in commands if isinstance(command, CallUpstream)]


def searching(query: str) -> Json:
    return call(0, "call_1", "tool_search", f'{{"query": "{query}"}}')


def test_what_this_server_finds_is_offered_from_the_next_turn_on() -> None:
    talk = Talk(tools=[F, WEATHER, FILES, SERVER]).says(searching("weather"), END).says(TEXT)
    assert talk.offered == [["f", "tool_search"], ["f", "tool_search", "get_weather"]]
    search, found, _ = talk.answer.output
    assert (search["type"], search["execution"], search["call_id"]) == ("tool_search_call", "server", None)
    assert (search["arguments"], search["status"]) == ({"query": "weather"}, "completed")
    assert (found["type"], found["execution"], found["call_id"]) == ("tool_search_output", "server", None)
    assert found["tools"] == [WEATHER]
    assert talk.answer.names[:4] == ["output_item.added", "output_item.done"] * 2
    call_message, result = talk.asked[1]["messages"][1:]
    assert call_message["tool_calls"][0]["function"]["name"] == "tool_search"
    assert result["content"] == "These tools can be called now: get_weather."
    assert result["tool_call_id"] == call_message["tool_calls"][0]["id"]


def test_a_tool_of_a_namespace_is_found_with_it() -> None:
    talk = Talk(tools=[CRM, SERVER]).says(searching("customers"), END)
    assert talk.offered == [["tool_search"], ["tool_search", "crm__f"]]
    talk.says(call(0, "call_2", "crm__f", "{}"), END)
    _, found, made = talk.answer.output
    assert found["tools"] == [CRM]
    assert (made["type"], made["name"], made["namespace"]) == ("function_call", "f", "crm")
    done = next(event for event in talk.events if event["type"] == "response.function_call_arguments.done")
    assert done["name"] == "f"


def test_nothing_found_is_said() -> None:
    talk = Talk(tools=[WEATHER, SERVER]).says(searching("zebra"), END).says(TEXT)
    assert talk.answer.output[1]["tools"] == []
    assert "No tool was found" in talk.asked[1]["messages"][-1]["content"]


def test_what_was_found_before_is_offered_at_once() -> None:
    first = Talk(tools=[F, WEATHER, FILES, SERVER]).says(searching("weather"), END).says(TEXT)
    history = [{"role": "user", "content": "hi"}, *first.answer.output]
    again = Talk(tools=[F, WEATHER, FILES, SERVER], input=[*history, {"role": "user", "content": "and?"}])
    assert again.offered == [["f", "get_weather", "tool_search"]]
    assert [message["role"] for message in again.asked[0]["messages"]] == [
        "user", "assistant", "tool", "assistant", "user",
    ]  # fmt: skip


def test_a_search_beyond_the_limit_of_calls_finds_nothing() -> None:
    talk = Talk(tools=[WEATHER, FILES, SERVER], max_tool_calls=1)
    second = call(1, "call_2", "tool_search", '{"query": "files"}')
    talk.says(searching("weather"), second, END).says(TEXT)
    assert [item.get("tools") for item in talk.answer.output] == [None, [WEATHER], None, [], None]


def test_two_searches_stand_in_order() -> None:
    talk = Talk(tools=[WEATHER, FILES, SERVER])
    talk.says(searching("weather"), call(1, "call_2", "tool_search", '{"query": "files"}'), END).says(TEXT)
    assert [item["type"] for item in talk.answer.output] == ["tool_search_call", "tool_search_output"] * 2 + ["message"]
    assert talk.offered[1] == ["tool_search", "get_weather", "search_files"]


def test_a_search_of_the_clients_is_the_clients() -> None:
    answer = answered(call(0, "call_1", "tool_search", '{"goal": "weather"}'), END, tools=[WEATHER, CLIENT])
    (item,) = answer.output
    assert (item["execution"], item["call_id"], item["arguments"]) == ("client", "call_1", {"goal": "weather"})
    assert planned(tools=[WEATHER, CLIENT]).body["tools"] == [
        {"type": "function", "function": {"name": "tool_search", "description": "Find tools.", "parameters": QUERY}}
    ]


def test_what_the_client_found_is_offered_from_then_on() -> None:
    asked = {"role": "user", "content": "hi"}
    search = {"type": "tool_search_call", "call_id": "call_1", "execution": "client", "arguments": {"goal": "g"}}
    new = {"type": "function", "name": "brand_new", "parameters": {"type": "object"}}
    output = {"type": "tool_search_output", "call_id": "call_1", "execution": "client", "tools": [WEATHER, new]}
    plan = planned(tools=[WEATHER, FILES, CLIENT], input=[asked, search, output])
    assert [tool["function"]["name"] for tool in plan.body["tools"]] == ["get_weather", "brand_new", "tool_search"]
    assert plan.body["messages"][-1]["content"] == "These tools can be called now: get_weather, brand_new."
    assert not plan.notes.ignored


def test_tools_that_come_unasked_are_offered_too() -> None:
    asked = {"role": "user", "content": "hi"}
    output = {"type": "tool_search_output", "execution": "client", "tools": [F]}
    more = {"type": "additional_tools", "role": "developer", "tools": [{**F, "name": "g"}]}
    plan = planned(input=[asked, output, more])
    assert [tool["function"]["name"] for tool in plan.body["tools"]] == ["f", "g"]
    assert len(plan.body["messages"]) == 1
    assert not plan.notes.ignored


def test_without_a_search_nothing_waits() -> None:
    plan = planned(tools=[F, WEATHER])
    assert [tool["function"]["name"] for tool in plan.body["tools"]] == ["f", "get_weather"]
    assert plan.notes.approximated == ["tools[1].defer_loading"]
    mcp = {"type": "mcp", "server_label": "s", "server_url": "http://127.0.0.1/mcp", "defer_loading": True}
    assert planned(tools=[mcp]).notes.approximated == ["tools[0].defer_loading"]


def test_without_anything_to_find_there_is_no_search() -> None:
    plan = planned(tools=[F, SERVER])
    assert [tool["function"]["name"] for tool in plan.body["tools"]] == ["f"]
    assert plan.notes.ignored == ["tools[1]"]


def test_a_tool_that_must_be_called_is_offered_at_once() -> None:
    plan = planned(tools=[F, WEATHER, SERVER], tool_choice={"type": "function", "name": "get_weather"})
    assert [tool["function"]["name"] for tool in plan.body["tools"]] == ["f", "get_weather"]
    assert plan.body["tool_choice"]["function"]["name"] == "get_weather"


def test_only_allowed_tools_are_found() -> None:
    allowed = {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "search_files"}]}
    talk = Talk(tools=[F, WEATHER, FILES, SERVER], tool_choice=allowed)
    talk.says(searching("weather files"), END)
    assert talk.offered == [["tool_search"], ["tool_search", "search_files"]]


def test_the_search_tells_what_there_is_to_find() -> None:
    names = [f"tool_{number}" for number in range(SHOWN + 2)]
    said = server_search(names, [("crm", "Customers."), ("shop", "")])["description"]
    assert "- crm: Customers.\n- shop\n" in said
    assert f"tool_{SHOWN - 1} and 2 more." in said
    assert client_search({})["parameters"] == QUERY


@pytest.mark.recordings
def test_its_stream_is_as_recorded(traces_dir: Path) -> None:
    recorded = kinds_of(traces_dir / "openai" / "openai-client-tool-search.1.chunks.txt")
    made = answered(call(0, "call_1", "tool_search", '{"goal": "weather"}'), END, tools=[WEATHER, CLIENT])
    assert kinds_of(made.events) == recorded
