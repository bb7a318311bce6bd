"""Responses that continue others, by chain or in a conversation, through both official clients on the three stores."""

from typing import Any

import openai
import pytest
from official import Client, message, plain, texts
from running_server import Scene

from antiphon.testing import check_response, status, text, tool_call

TOOL = {"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": False}


def output(call_id: str, said: str = "sunny") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call_id, "output": said}


def heard(scene: Scene) -> list[str]:
    """What the model was told in the last call, as `role: text`."""
    told = scene.calls[-1].json["messages"]
    return [f"{entry['role']}: {said(entry['content'])}" for entry in told]


def said(content: Any) -> str:
    """The text of a message, written as a string or in parts."""
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


async def test_a_chain_remembers_and_branches(client: Client, scene: Scene) -> None:
    make = client.sdk.responses.create
    scene.play(text("A1"), text("A2"), text("A3"), text("B2"))
    one = await client(make(model="m", input="Q1", instructions="Be brief."))
    assert heard(scene) == ["system: Be brief.", "user: Q1"]
    two = await client(make(model="m", input="Q2", previous_response_id=one.id))
    assert heard(scene) == ["user: Q1", "assistant: A1", "user: Q2"]
    assert two.previous_response_id == one.id
    await client(make(model="m", input="Q3", previous_response_id=two.id, instructions="Now long."))
    assert heard(scene) == ["system: Now long.", "user: Q1", "assistant: A1", "user: Q2", "assistant: A2", "user: Q3"]
    await client(make(model="m", input="Other", previous_response_id=one.id))
    assert heard(scene) == ["user: Q1", "assistant: A1", "user: Other"]


async def test_a_streamed_chain_is_there_at_once(client: Client, scene: Scene) -> None:
    """The next turn may be asked in the moment in which the terminal event is read."""
    previous = None
    for turn in range(10):
        scene.play(text(f"A{turn}"))
        stream = await client(
            client.sdk.responses.create(model="m", input=f"Q{turn}", previous_response_id=previous, stream=True)
        )
        events = await client.every(stream)
        assert events[-1].type == "response.completed"
        previous = events[-1].response.id
    assert heard(scene) == [line for turn in range(9) for line in (f"user: Q{turn}", f"assistant: A{turn}")] + [
        "user: Q9"
    ]


async def test_a_tool_call_and_its_output_in_a_chain(client: Client, scene: Scene) -> None:
    make = client.sdk.responses.create
    scene.play(tool_call("weather", {"city": "Rome"}, id="call_rome"), text("Sunny."), text("Bye."))
    asked = await client(make(model="m", input="Rome?", tools=[TOOL]))
    [call] = asked.output
    with pytest.raises(openai.BadRequestError, match="call_rome") as missing:
        await client(make(model="m", input="And?", previous_response_id=asked.id, tools=[TOOL]))
    assert missing.value.param == "input"
    with pytest.raises(openai.BadRequestError, match="call_else"):
        await client(make(model="m", input=[output("call_else")], previous_response_id=asked.id, tools=[TOOL]))
    told = await client(make(model="m", input=[output(call.call_id)], previous_response_id=asked.id, tools=[TOOL]))
    assert told.output_text == "Sunny."
    await client(make(model="m", input="Thanks", previous_response_id=told.id))
    assert [entry["role"] for entry in scene.calls[-1].json["messages"]] == [
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]
    assert len(scene.calls) == 3


async def test_a_conversation_holds_calls_with_their_outputs(client: Client, scene: Scene) -> None:
    make, items = client.sdk.responses.create, client.sdk.conversations.items
    talk = (await client(client.sdk.conversations.create())).id
    scene.play(
        tool_call("weather", {"city": "Rome"}, id="call_1") + tool_call("weather", {"city": "Oslo"}, id="call_2"),
        text("Sunny and snowy."),
        text("You're welcome."),
    )
    await client(make(model="m", input="Rome, Oslo?", tools=[TOOL], conversation=talk))
    with pytest.raises(openai.BadRequestError, match="call_2"):
        await client(make(model="m", input=[output("call_1")], conversation=talk))
    await client(make(model="m", input=[output("call_2", "snow"), output("call_1")], conversation={"id": talk}))
    stream = client.sdk.responses.create(model="m", input="Thanks", conversation=talk, stream=True)
    events = await client.every(await client(stream))
    assert events[-1].response.conversation.id == talk
    told = scene.calls[-1].json["messages"]
    assert [entry["role"] for entry in told] == ["user", "assistant", "tool", "tool", "assistant", "user"]
    assert [entry["tool_call_id"] for entry in told[2:4]] == ["call_1", "call_2"]
    kept = await client.every(items.list(talk, order="asc", limit=3))
    assert texts(kept) == [
        "Rome, Oslo?", "function_call", "function_call", "function_call_output", "function_call_output",
        "Sunny and snowy.", "Thanks", "You're welcome.",
    ]  # fmt: skip
    assert len({item.id for item in kept}) == len(kept)


async def test_an_item_made_by_itself_is_part_of_the_next_context(client: Client, scene: Scene) -> None:
    calls = client.sdk.conversations
    talk = (await client(calls.create(items=[message("My name is Ada.")]))).id
    page = await client(calls.items.create(talk, items=[{"role": "assistant", "content": "Noted."}, message("Later.")]))
    scene.play(text("Ada."), text("?"))
    await client(client.sdk.responses.create(model="m", input="My name?", conversation=talk))
    assert heard(scene) == ["user: My name is Ada.", "assistant: Noted.", "user: Later.", "user: My name?"]

    await client(calls.items.delete(page.data[1].id, conversation_id=talk))
    await client(client.sdk.responses.create(model="m", input="Again?", conversation=talk))
    assert heard(scene) == [
        "user: My name is Ada.",
        "assistant: Noted.",
        "user: My name?",
        "assistant: Ada.",
        "user: Again?",
    ]


async def test_what_is_not_stored_leaves_nothing(client: Client, scene: Scene) -> None:
    calls = client.sdk.conversations
    talk = (await client(calls.create(items=[message("Before.")]))).id
    scene.play(text("A"), text("B"))
    for stream in (False, True):
        made = await client(
            client.sdk.responses.create(model="m", input="Q", conversation=talk, store=False, stream=stream)
        )
        answer = (await client.every(made))[-1].response if stream else made
        assert answer.store is False
        assert heard(scene) == ["user: Before.", "user: Q"]
        with pytest.raises(openai.NotFoundError, match=answer.id):
            await client(client.sdk.responses.retrieve(answer.id))
        with pytest.raises(openai.NotFoundError, match=answer.id):
            await client(client.sdk.responses.create(model="m", input="Q", previous_response_id=answer.id))
        with pytest.raises(openai.NotFoundError):
            await client(client.sdk.responses.create(
                model="m", input=[{"type": "item_reference", "id": answer.output[0].id}]
            ))  # fmt: skip
    assert texts(await client.every(calls.items.list(talk))) == ["Before."]


async def test_a_failed_answer_appends_nothing(client: Client, scene: Scene) -> None:
    calls = client.sdk.conversations
    talk = (await client(calls.create())).id
    scene.play(text("half an ans", "wer").without_finish(), status(500, {"error": {"message": "no"}}), text("Whole."))
    failed = scene.stream(model="m", input="Q1", conversation=talk).response
    assert failed["status"] == "failed"
    with pytest.raises(openai.APIStatusError):
        await client(client.sdk.responses.create(model="m", input="Q2", conversation=talk))
    assert await client.every(calls.items.list(talk)) == []
    with pytest.raises(openai.BadRequestError, match=failed["id"]) as refused:
        await client(client.sdk.responses.create(model="m", input="Q", previous_response_id=failed["id"]))
    assert refused.value.param == "previous_response_id"
    await client(client.sdk.responses.create(model="m", input="Q3", conversation=talk))
    assert texts(await client.every(calls.items.list(talk, order="asc"))) == ["Q3", "Whole."]


async def test_an_incomplete_answer_is_kept(client: Client, scene: Scene) -> None:
    talk = (await client(client.sdk.conversations.create())).id
    scene.play(text("half", finish="length"), text("whole"))
    cut = await client(client.sdk.responses.create(model="m", input="Q", conversation=talk))
    assert cut.status == "incomplete"
    await client(client.sdk.responses.create(model="m", input="Go on", conversation=talk))
    assert heard(scene) == ["user: Q", "assistant: half", "user: Go on"]


async def test_parents_that_are_none(client: Client, scene: Scene) -> None:
    make = client.sdk.responses.create
    scene.play(text("1"), text("2"), text("3"))
    one = await client(make(model="m", input="Q1"))
    two = await client(make(model="m", input="Q2", previous_response_id=one.id))
    three = await client(make(model="m", input="Q3", previous_response_id=two.id))
    with pytest.raises(openai.NotFoundError, match="resp_nowhere") as unknown:
        await client(make(model="m", input="Q", previous_response_id="resp_nowhere"))
    assert unknown.value.param == "previous_response_id"
    with pytest.raises(openai.NotFoundError, match="conv_nowhere") as unknown:
        await client(make(model="m", input="Q", conversation="conv_nowhere"))
    assert unknown.value.param == "conversation"

    await client(client.sdk.responses.delete(two.id))
    with pytest.raises(openai.NotFoundError, match=two.id):
        await client(client.sdk.responses.retrieve(two.id))
    with pytest.raises(openai.NotFoundError, match=two.id):
        await client(client.sdk.responses.delete(two.id))
    for parent in (two, three):
        with pytest.raises(openai.NotFoundError, match=two.id) as broken:
            await client(make(model="m", input="Q", previous_response_id=parent.id))
        assert broken.value.param == "previous_response_id"
        assert "deleted" in broken.value.message
    assert (await client(client.sdk.responses.retrieve(three.id))).output_text == "3"
    assert len(scene.calls) == 3


async def test_both_ways_at_once_are_refused(client: Client, scene: Scene) -> None:
    scene.play(text("1"))
    one = await client(client.sdk.responses.create(model="m", input="Q"))
    talk = (await client(client.sdk.conversations.create())).id
    with pytest.raises(openai.BadRequestError, match="conversation") as both:
        await client(client.sdk.responses.create(model="m", input="Q", previous_response_id=one.id, conversation=talk))
    assert both.value.param == "previous_response_id"
    assert await client.every(client.sdk.conversations.items.list(talk)) == []


async def test_input_items_with_every_parameter(client: Client, scene: Scene) -> None:
    calls = client.sdk.responses
    scene.play(text("1"), text("2"))
    one = await client(calls.create(model="m", input="before"))
    given = [message(str(number)) for number in range(30)]
    two = await client(calls.create(model="m", input=given, previous_response_id=one.id))
    rising = [str(number) for number in range(30)]
    up = await client.every(calls.input_items.list(two.id, order="asc", limit=8))
    assert texts(up) == rising
    assert texts(await client.every(calls.input_items.list(two.id))) == rising[::-1]
    page = await client(
        calls.input_items.list(two.id, order="asc", after=up[4].id, limit=3, include=["message.input_image.image_url"])
    )
    assert texts(page.data) == ["5", "6", "7"]
    assert page.has_more is True
    down = await client(calls.input_items.list(two.id, order="desc", after=up[4].id))
    assert texts(down.data) == ["3", "2", "1", "0"]
    with pytest.raises(openai.NotFoundError, match="resp_nowhere"):
        await client(calls.input_items.list("resp_nowhere"))
    for query in ({"limit": 0}, {"limit": 101}, {"order": "sideways"}, {"include": ["all"]}):
        with pytest.raises(openai.BadRequestError):
            await client(calls.input_items.list(two.id, **query))
    with pytest.raises(openai.NotFoundError, match=up[0].id + "x"):
        await client(calls.input_items.list(two.id, after=up[0].id + "x"))


async def test_a_reference_stands_for_its_item(client: Client, scene: Scene) -> None:
    calls = client.sdk.responses
    scene.play(text("A1"), text("A2"), text("A3"), text("A4"))
    one = await client(calls.create(model="m", input="Q1"))
    [asked] = await client.every(calls.input_items.list(one.id))
    refers = [{"type": "item_reference", "id": asked.id}, {"id": one.output[0].id, "type": "item_reference"}]
    two = await client(calls.create(model="m", input=[*refers, message("Q2")]))
    assert heard(scene) == ["user: Q1", "assistant: A1", "user: Q2"]
    assert texts(await client.every(calls.input_items.list(two.id, order="asc"))) == ["Q1", "A1", "Q2"]
    await client(calls.create(model="m", input=[*refers, message("Q3")], previous_response_id=one.id))
    assert heard(scene) == ["user: Q1", "assistant: A1", "user: Q3"]
    talk = (await client(client.sdk.conversations.create(items=refers))).id
    assert texts(await client.every(client.sdk.conversations.items.list(talk, order="asc"))) == ["Q1", "A1"]
    with pytest.raises(openai.NotFoundError, match="msg_nowhere") as lost:
        await client(calls.create(model="m", input=[{"type": "item_reference", "id": "msg_nowhere"}]))
    assert lost.value.param == "input[0].id"


async def test_history_that_is_sent_again_is_not_doubled(client: Client, scene: Scene) -> None:
    """Some clients send the last output along though they name what they continue."""
    calls = client.sdk.responses
    scene.play(tool_call("weather", "{}", id="call_1"), text("Sunny."), text("Bye."), text("Bye."))
    talk = (await client(client.sdk.conversations.create())).id
    one = await client(calls.create(model="m", input="Rome?", tools=[TOOL], conversation=talk))
    again = [plain(item) for item in one.output]
    two = await client(calls.create(model="m", input=[*again, output("call_1")], conversation=talk, tools=[TOOL]))
    assert [entry["role"] for entry in scene.calls[-1].json["messages"]] == ["user", "assistant", "tool"]
    kept = await client.every(client.sdk.conversations.items.list(talk, order="asc"))
    assert texts(kept) == ["Rome?", "function_call", "function_call_output", "Sunny."]
    for follow in ({"conversation": talk}, {"previous_response_id": two.id}):
        sent = [plain(item) for item in two.output]
        await client(calls.create(model="m", input=[*sent, message("Bye")], **follow))
        assert [entry["role"] for entry in scene.calls[-1].json["messages"]] == [
            "user", "assistant", "tool", "assistant", "user",
        ]  # fmt: skip


async def test_a_chain_that_began_in_a_conversation(client: Client, scene: Scene) -> None:
    calls = client.sdk.responses
    talk = (await client(client.sdk.conversations.create(items=[message("First.")]))).id
    scene.play(text("A1"), text("A2"), text("A3"))
    one = await client(calls.create(model="m", input="Q1", conversation=talk))
    await client(calls.create(model="m", input="Q2", conversation=talk))
    await client(calls.create(model="m", input="Q3", previous_response_id=one.id))
    assert heard(scene) == ["user: First.", "user: Q1", "assistant: A1", "user: Q3"]


def test_answers_are_whole_when_they_are_got(scene: Scene) -> None:
    scene.play(text("Hi!", usage=(3, 4)))
    made = scene.answer(metadata={"a": "b"}, tools=[TOOL], temperature=0.5).json
    got = scene.server.get(f"/responses/{made['id']}").json
    assert got == made
    check_response(got)
