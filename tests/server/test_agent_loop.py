"""The loop over several turns: real MCP servers, the official client, every stream judged.

The MCP servers run in this process beside the client; the server under test is a process of its own. Nothing
here is shown by time: tools that must run at once wait for each other at a barrier.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import openai
import pytest
from agent_scene import ADD, CALLED, FAILED, LISTED, MESSAGE, Agent, F, agent_on, item, whole
from mcp_servers import TOKEN, serving, workshop
from running_server import Json, Scene

from antiphon.engine.own import Unkeyed, marked
from antiphon.testing import text, tool_call


@pytest.fixture
async def agent(scene: Scene) -> AsyncIterator[Agent]:
    async with agent_on(scene, workshop()) as made:
        yield made


async def test_a_tool_is_listed_called_and_its_result_told(agent: Agent) -> None:
    told = await agent.ask(ADD, text("It is 5."))
    assert told.kinds == whole(item(*LISTED), item(*CALLED), item(*MESSAGE))
    listed, call, message = told.output
    assert [tool["name"] for tool in listed["tools"]] == ["add", "wait", "meet", "fail", "say", "draw", "told"]
    assert (call["status"], call["output"], call["error"]) == ("completed", "5", None)
    assert (call["server_label"], call["name"], json.loads(call["arguments"])) == ("shop", "add", {"a": 2, "b": 3})
    assert message["content"][0]["text"] == "It is 5."
    assert told.final["usage"]["output_tokens"] == 2
    function = {"name": "add", "arguments": '{"a": 2, "b": 3}'}
    assert agent.messages[1:] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": call["id"], "type": "function", "function": function}],
        },
        {"role": "tool", "tool_call_id": call["id"], "content": "5"},
    ]
    first, second = agent.scene.calls
    assert first.json["tools"] == second.json["tools"]
    assert first.json["tools"][0]["function"]["description"] == "Add two numbers."


@pytest.mark.parametrize("number", [2, 10])
async def test_calls_of_one_turn_are_made_at_once_and_shown_in_order(agent: Agent, number: int) -> None:
    called = [tool_call("meet", json.dumps({"guests": number}), id=f"call_{index}") for index in range(number)]
    together = called[0]
    for one in called[1:]:
        together += one
    told = await agent.ask(together, text("All met."))
    assert told.kinds == whole(item(*LISTED), *[item(*CALLED)] * number, item(*MESSAGE))
    assert [one["output"] for one in told.output[1:-1]] == ["met"] * number
    assert len(agent.messages) == 2 + number


async def test_what_fails_is_an_error_on_the_item_and_told_to_the_model(agent: Agent) -> None:
    told = await agent.ask(tool_call("fail", ""), text("Sorry."))
    assert told.kinds == whole(item(*LISTED), item(*FAILED), item(*MESSAGE))
    call = told.output[1]
    assert (call["status"], call["output"], call["arguments"]) == ("failed", None, "{}")
    assert call["error"]["type"] == "mcp_tool_execution_error"
    said = call["error"]["content"][0]["text"]
    assert "fail" in said
    assert agent.messages[-1]["content"] == f"The call failed: {said}"


@pytest.mark.parametrize("arguments", ['{"a": ', "[1]", "add them"])
async def test_arguments_that_are_no_object_never_reach_the_server(agent: Agent, arguments: str) -> None:
    told = await agent.ask(tool_call("add", arguments), text("Sorry."))
    assert told.output[1]["status"] == "failed"
    assert "JSON object" in agent.messages[-1]["content"]
    assert told.text == "Sorry."


async def test_a_tool_that_nobody_has_is_the_clients(agent: Agent) -> None:
    told = await agent.ask(tool_call("unknown", "{}"))
    assert told.types == ["mcp_list_tools", "function_call"]


async def test_text_and_calls_of_one_turn_stay_apart(agent: Agent) -> None:
    told = await agent.ask(text("Let me add.") + ADD, text("5."))
    assert told.types == ["mcp_list_tools", "message", "mcp_call", "message"]
    assert [message.get("content") for message in agent.messages[1:]] == ["Let me add.", "5"]


async def test_many_turns_in_one_answer(agent: Agent) -> None:
    told = await agent.ask(*[ADD] * 5, text("Done."))
    assert told.types == ["mcp_list_tools", *["mcp_call"] * 5, "message"]
    assert len({one["id"] for one in told.output}) == 7
    assert len(agent.messages) == 11
    assert told.final["usage"]["total_tokens"] == 12


async def test_what_is_in_the_context_is_not_listed_again(agent: Agent) -> None:
    first = await agent.ask(ADD, text("5."))
    before = len(agent.shop.requests)
    second = await agent.ask(text("Hi."), previous_response_id=first.final["id"])
    assert second.types == ["message"]
    assert len(agent.shop.requests) == before
    assert agent.scene.calls[-1].json["tools"] == agent.scene.calls[0].json["tools"]
    third = await agent.ask(ADD, text("5."), previous_response_id=second.final["id"])
    assert third.types == ["mcp_call", "message"]
    assert [message["role"] for message in agent.messages] == [
        "user", "assistant", "tool", "assistant", "user", "assistant", "user", "assistant", "tool",
    ]  # fmt: skip


async def test_a_conversation_goes_on_across_calls(agent: Agent) -> None:
    conversation = await agent.client.conversations.create()
    await agent.ask(ADD, text("5."), conversation=conversation.id)
    second = await agent.ask(ADD, text("Five."), conversation=conversation.id)
    assert second.types == ["mcp_call", "message"]
    kept = [one.type async for one in agent.client.conversations.items.list(conversation.id, order="asc")]
    assert kept == ["message", "mcp_list_tools", "mcp_call", "message", "message", "mcp_call", "message"]


async def test_the_whole_list_can_be_sent_again(agent: Agent) -> None:
    asked = [{"role": "user", "content": "Hello?"}]
    first = await agent.ask(ADD, text("5."), input=asked, store=False)
    again = await agent.ask(text("Hi."), input=[*asked, *first.output, asked[0]], store=False)
    assert again.types == ["message"]
    assert [message["role"] for message in agent.messages] == ["user", "assistant", "tool", "assistant", "user"]


@pytest.mark.parametrize(
    ("allowed", "offered"),
    [
        (["say", "add"], ["add", "say"]),
        ({"read_only": True}, ["add"]),
        ({"tool_names": ["fail"]}, ["fail"]),
        ([], None),
    ],
)
async def test_only_allowed_tools_are_offered(agent: Agent, allowed: Any, offered: list[str] | None) -> None:
    told = await agent.ask(text("Hi."), tools=[agent.tool(allowed_tools=allowed)])
    assert len(told.output[0]["tools"]) == 7
    sent = agent.scene.asked.get("tools")
    assert (sent and [tool["function"]["name"] for tool in sent]) == offered


def approval(request: Json, *, approve: bool, **more: Any) -> list[Json]:
    return [{"type": "mcp_approval_response", "approval_request_id": request["id"], "approve": approve, **more}]


@pytest.mark.parametrize("arguments", ['{"a": 2, "b": 3}', ""])
async def test_a_call_waits_for_approval_and_is_made_then(agent: Agent, arguments: str) -> None:
    tools = [agent.tool(require_approval="always")]
    name = "add" if arguments else "fail"
    first = await agent.ask(tool_call(name, arguments), tools=tools)
    assert first.kinds == whole(item(*LISTED), item())
    request = first.output[-1]
    assert (request["type"], request["name"]) == ("mcp_approval_request", name)
    assert json.loads(request["arguments"]) == json.loads(arguments or "{}")
    second = await agent.ask(
        text("Done."), input=approval(request, approve=True), tools=tools, previous_response_id=first.final["id"]
    )
    assert second.kinds == whole(item(*(CALLED if arguments else FAILED)), item(*MESSAGE))
    call = second.output[0]
    assert (call["approval_request_id"], call["output"]) == (request["id"], "5" if arguments else None)
    assert [message["role"] for message in agent.messages] == ["user", "assistant", "tool"]


async def test_a_call_that_is_refused_is_never_made(agent: Agent) -> None:
    tools = [agent.tool(require_approval="always")]
    first = await agent.ask(ADD, tools=tools)
    before = len(agent.shop.requests)
    answer = approval(first.output[-1], approve=False, reason="Too dear.")
    second = await agent.ask(text("Well."), input=answer, tools=tools, previous_response_id=first.final["id"])
    assert second.types == ["message"]
    assert len(agent.shop.requests) == before
    assert agent.messages[-1]["content"] == "The user refused this call. Reason: Too dear."
    assert len(agent.messages[-1]["tool_call_id"]) <= 40
    third = await agent.ask(text("Hm."), tools=tools, previous_response_id=second.final["id"])
    assert third.types == ["message"]
    assert "refused" in agent.messages[2]["content"]


async def test_an_approval_is_used_once_though_all_is_sent_again(agent: Agent) -> None:
    tools = [agent.tool(require_approval="always")]
    items: list[Json] = [{"role": "user", "content": "Hello?"}]
    first = await agent.ask(ADD, input=items, tools=tools, store=False)
    items += [*first.output, *approval(first.output[-1], approve=True)]
    second = await agent.ask(text("5."), input=items, tools=tools, store=False)
    assert second.types == ["mcp_call", "message"]
    items += [*second.output, {"role": "user", "content": "And?"}]
    third = await agent.ask(text("No more."), input=items, tools=tools, store=False)
    assert third.types == ["message"]
    assert [message["role"] for message in agent.messages] == ["user", "assistant", "tool", "assistant", "user"]


@pytest.mark.parametrize("change", [{"arguments": '{"a": 2, "b": 300}'}, {"name": "say"}, {"server_label": "twin"}])
async def test_an_approval_of_another_call_is_refused(agent: Agent, change: Json) -> None:
    tools = [agent.tool(require_approval="always")]
    asked = {"role": "user", "content": "Hello?"}
    first = await agent.ask(ADD, input=[asked], tools=tools, store=False)
    request = first.output[-1]
    items = [asked, *first.output[:-1], {**request, **change}, *approval(request, approve=True)]
    with pytest.raises(openai.BadRequestError) as refused:
        await agent.ask(input=items, tools=[*tools, agent.tool(server_label="twin")], store=False)
    assert refused.value.param == "input[3].approval_request_id"


async def test_an_approval_is_good_for_the_server_that_gave_it(agent: Agent) -> None:
    """Whoever writes a request by hand can't write its mark."""
    tools = [agent.tool(require_approval="always")]
    asked = {"role": "user", "content": "Hello?"}
    first = await agent.ask(ADD, input=[asked], tools=tools, store=False)
    made = first.output[-1]
    forged = marked("mcpr_" + "0" * 32, Unkeyed().mark(f"shop\n{agent.base}/mcp\nadd\n{made['arguments']}"))
    request = {**made, "id": forged}
    with pytest.raises(openai.BadRequestError) as refused:
        await agent.ask(input=[asked, request, *approval(request, approve=True)], tools=tools, store=False)
    assert refused.value.param == "input[2].approval_request_id"


@pytest.mark.parametrize("approve", [True, False])
async def test_a_word_that_is_sent_again_is_history(agent: Agent, *, approve: bool) -> None:
    """Also by a client that drops the items it doesn't know, and declares no tools any more."""
    tools = [agent.tool(require_approval="always")]
    asked = {"role": "user", "content": "Hello?"}
    first = await agent.ask(ADD, input=[asked], tools=tools, store=False)
    word = approval(first.output[-1], approve=approve)
    items = [asked, *first.output, *word]
    second = await agent.ask(text("Done."), input=items, tools=tools, store=False)
    before = len(agent.shop.requests)
    again = [*items, second.output[-1], {"role": "user", "content": "And?"}]
    third = await agent.ask(text("No more."), input=again, tools=[], store=False)
    assert third.types == ["message"]
    assert len(agent.shop.requests) == before


async def test_another_server_of_one_label_is_listed_anew(agent: Agent) -> None:
    first = await agent.ask(text("Hi."))
    async with serving(workshop(more=1).app("streamable")) as base:
        other = agent.tool(server_url=f"{base}/mcp")
        second = await agent.ask(text("Hi."), tools=[other], previous_response_id=first.final["id"])
        assert second.types == ["mcp_list_tools", "message"]
        third = await agent.ask(text("Hi."), tools=[other], previous_response_id=second.final["id"])
        assert third.types == ["message"]
        assert len(agent.scene.calls[-1].json["tools"]) == 8


async def test_secrets_of_an_address_are_used_and_not_shown(agent: Agent) -> None:
    url = agent.base.replace("http://", "http://ann:pass-0123456@") + "/mcp?api_key=key-0123456&page=2"
    tools = [agent.tool(server_url=url)]
    told = await agent.ask(tool_call("told", '{"name": "authorization"}'), text("Hi."), tools=tools)
    assert told.output[1]["output"] == "Basic [redacted]"
    assert told.final["tools"][0]["server_url"].endswith("/mcp?api_key=redacted&page=2")
    more = {"type": "additional_tools", "role": "developer", "tools": tools}
    await agent.ask(text("Hi."), input=[{"role": "user", "content": "Hi."}, more], tools=[])
    kept = await agent.client.responses.with_raw_response.retrieve(told.final["id"])
    for seen in (told.raw, kept.content):
        assert b"pass-0123456" not in seen
        assert b"key-0123456" not in seen
    for path in agent.scene.server.folder.rglob("*"):
        if path.is_file():
            assert b"pass-0123456" not in path.read_bytes(), path
            assert b"key-0123456" not in path.read_bytes(), path


async def test_an_approval_of_nothing_is_refused(agent: Agent) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await agent.ask(input=[{"role": "user", "content": "Hi."}, *approval({"id": "mcpr_1"}, approve=True)])
    assert refused.value.param == "input[1].approval_request_id"


async def test_approval_by_tool(agent: Agent) -> None:
    tools = [agent.tool(require_approval={"never": {"tool_names": ["add"]}})]
    told = await agent.ask(ADD + tool_call("say", '{"text": "a", "times": 2}', id="call_2"), tools=tools)
    assert told.types == ["mcp_list_tools", "mcp_call", "mcp_approval_request"]
    assert told.output[1]["output"] == "5"
    answer = approval(told.output[-1], approve=True)
    after = await agent.ask(text("aa."), input=answer, tools=tools, previous_response_id=told.final["id"])
    assert after.output[0]["output"] == "aa"
    assert after.text == "aa."


async def test_tools_of_the_server_and_of_the_client_in_one_turn(agent: Agent) -> None:
    tools = [F, agent.tool()]
    first = await agent.ask(tool_call("f", "{}", id="call_f") + ADD, tools=tools)
    assert first.types == ["mcp_list_tools", "function_call", "mcp_call"]
    assert (first.final["status"], first.output[-1]["output"]) == ("completed", "5")
    given = [{"type": "function_call_output", "call_id": "call_f", "output": "42"}]
    second = await agent.ask(text("Both."), input=given, tools=tools, previous_response_id=first.final["id"])
    assert second.text == "Both."
    assert [message["role"] for message in agent.messages] == ["user", "assistant", "tool", "tool"]
    assert [message["content"] for message in agent.messages[2:]] == ["42", "5"]


@pytest.mark.parametrize(("limit", "outputs"), [(1, ["5", None]), (2, ["5", "5"])])
async def test_no_more_calls_than_are_allowed(agent: Agent, limit: int, outputs: list[str | None]) -> None:
    told = await agent.ask(ADD + tool_call("add", '{"a": 1, "b": 4}', id="call_2"), text("Hm."), max_tool_calls=limit)
    assert [one["output"] for one in told.output[1:3]] == outputs
    assert told.final["max_tool_calls"] == limit
    assert ("max_tool_calls" in agent.messages[-1]["content"]) is (limit == 1)
    # All are spent: no more are offered.
    assert "tools" not in agent.scene.calls[-1].json


async def test_a_required_call_is_required_once(agent: Agent) -> None:
    await agent.ask(ADD, text("5."), tool_choice="required", model="full/m")
    assert [call.json.get("tool_choice") for call in agent.scene.calls] == ["required", None]


async def test_a_server_that_is_down_is_said_on_the_item(agent: Agent) -> None:
    gone = agent.tool(server_label="gone", server_url="http://127.0.0.1:9/mcp")
    told = await agent.ask(ADD, text("5."), tools=[gone, agent.tool()])
    by_label = {one["server_label"]: one for one in told.output[:2]}
    assert by_label["gone"]["tools"] == []
    assert by_label["gone"]["error"]
    assert by_label["shop"].get("error") is None
    assert "mcp_list_tools.failed" in told.kinds
    assert told.types[2:] == ["mcp_call", "message"]
    again = await agent.ask(text("Hi."), tools=[gone, agent.tool()], previous_response_id=told.final["id"])
    assert again.types == ["mcp_list_tools", "message"]


async def test_a_server_that_goes_down_fails_the_call(agent: Agent) -> None:
    async with serving(workshop().app("streamable")) as base:
        gone = agent.tool(server_url=f"{base}/mcp")
        told = await agent.ask(text("Hi."), tools=[gone])
    after = await agent.ask(ADD, text("Sorry."), tools=[gone], previous_response_id=told.final["id"])
    assert after.kinds == whole(item(*FAILED), item(*MESSAGE))
    assert after.output[0]["error"]["type"] == "mcp_tool_execution_error" or after.output[0]["error"]["message"]
    assert after.text == "Sorry."


async def test_two_servers_with_tools_of_one_name(agent: Agent) -> None:
    tools = [agent.tool(), agent.tool(server_label="twin")]
    told = await agent.ask(ADD + tool_call("twin__add", '{"a": 1, "b": 1}', id="call_2"), text("5 and 2."), tools=tools)
    calls = [(one["server_label"], one["name"], one["output"]) for one in told.output if one["type"] == "mcp_call"]
    assert calls == [("shop", "add", "5"), ("twin", "add", "2")]
    with pytest.raises(openai.BadRequestError):
        await agent.ask(tools=[agent.tool(), agent.tool()])


async def test_authorization_reaches_the_server_and_nobody_else(scene: Scene) -> None:
    async with agent_on(scene, workshop(bearer=True)) as agent:
        tools = [agent.tool(authorization=TOKEN, headers={"x-more": "h1dden-value"})]
        told = await agent.ask(ADD, tool_call("told", '{"name": "x-more"}'), text("5."), tools=tools)
        assert [one["output"] for one in told.output[1:3]] == ["5", "h1dden-value"]
        kept = await agent.client.responses.with_raw_response.retrieve(told.final["id"])
        for seen in (told.raw, kept.content):
            assert TOKEN.encode() not in seen
        (shown,) = told.final["tools"]
        assert (shown.get("authorization"), shown.get("headers")) == (None, None)
        for path in scene.server.folder.rglob("*"):
            if path.is_file():
                assert TOKEN.encode() not in path.read_bytes(), path
        refused = await agent.ask(text("Hm."), tools=[agent.tool(authorization="wrong")])
        assert refused.output[0]["error"]
        assert refused.text == "Hm."


async def test_store_false_keeps_nothing_and_json_says_the_same(agent: Agent) -> None:
    agent.scene.play(ADD, text("5."))
    response = await agent.client.responses.create(
        model="scripted/m", input="Hello?", tools=[agent.tool()], store=False
    )
    assert [one.type for one in response.output] == ["mcp_list_tools", "mcp_call", "message"]
    assert response.output_text == "5."
    with pytest.raises(openai.NotFoundError):
        await agent.client.responses.retrieve(response.id)


async def test_a_client_that_leaves_cancels_the_call_at_the_server(agent: Agent) -> None:
    agent.scene.play(tool_call("wait", '{"seconds": 600}'))
    stream = await agent.client.responses.create(model="scripted/m", input="Hello?", tools=[agent.tool()], stream=True)
    async for event in stream:
        if event.type == "response.mcp_call_arguments.done":
            await agent.shop.begun.wait()
            break
    await stream.close()
    await asyncio.wait_for(agent.shop.cancelled.wait(), 20)
    assert len(agent.scene.calls) == 1


async def test_an_upstream_that_fails_later_fails_the_answer(agent: Agent) -> None:
    told = await agent.ask(ADD)
    assert told.kinds[-2:] == ["error", "failed"]
    assert told.types == ["mcp_list_tools", "mcp_call"]
    assert told.output[1]["output"] == "5"


async def test_a_call_that_is_cut_by_a_limit_is_not_made(agent: Agent) -> None:
    told = await agent.ask(replace(tool_call("add", '{"a": 2, "b"'), finish="length"))
    assert told.final["status"] == "incomplete"
    assert (told.output[1]["status"], told.output[1]["output"]) == ("incomplete", None)
    assert len(agent.scene.calls) == 1
