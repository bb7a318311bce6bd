"""Compaction through the official client: asked once, gone on from in every way."""

from typing import Any

import judge
import openai
import pytest
from openai.types.responses import CompactedResponse
from pydantic import TypeAdapter
from running_server import Json, Scene, running_server

from antiphon.testing import ScriptedUpstream, text, tool_call

CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "4"}
HISTORY: Any = [
    {"role": "developer", "content": "Be kind."},
    {"role": "user", "content": "Count."},
    CALL,
    OUTPUT,
    {"role": "user", "content": [{"type": "input_text", "text": "And then?"}]},
]


def compact(scene: Scene, **body: Any) -> Json:
    scene.play(text("It counted ", "to 4."))
    asked: Any = {"model": "scripted/m", **body}
    answer = scene.server.client.responses.with_raw_response.compact(**asked)
    made: Json = answer.http_response.json()
    TypeAdapter(CompactedResponse).validate_python(made, strict=True)
    judge.judge_item(made["output"][-1])
    return made


def told(scene: Scene) -> list[tuple[str, Any]]:
    return [(message["role"], message["content"]) for message in scene.calls[-1].json["messages"]]


def test_the_model_is_asked_for_a_summary_of_all(scene: Scene) -> None:
    made = compact(scene, input=HISTORY, instructions="You count.")
    roles = [role for role, _ in told(scene)]
    assert roles == ["system", "user", "assistant", "tool", "user", "user"]
    assert "summary" in told(scene)[-1][1]
    assert "tools" not in scene.calls[-1].json
    (item,) = made["output"]
    assert item["type"] == "compaction"
    assert "counted" not in item["encrypted_content"]
    assert made["usage"]["output_tokens"] == 1


def test_the_item_stands_for_everything_before_it(scene: Scene) -> None:
    made = compact(scene, input=HISTORY)
    scene.play(text("Five."))
    scene.answer(input=[*made["output"], {"role": "user", "content": "On."}], store=False, instructions="Be brief.")
    assert told(scene)[:3] == [
        ("system", "Be brief."),
        ("user", "Count."),
        ("user", [{"type": "text", "text": "And then?"}]),
    ]
    assert "It counted to 4." in told(scene)[3][1]
    assert told(scene)[4] == ("user", "On.")


def test_it_is_gone_on_from_by_its_id_and_in_a_conversation(scene: Scene) -> None:
    scene.play(tool_call("f", "{}", id="call_1"), text("Four."))
    tools = [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}}]
    first = scene.answer(input="Count.", tools=tools)
    second = scene.answer(input=[OUTPUT], previous_response_id=first.json["id"])
    made = compact(scene, previous_response_id=second.json["id"])
    scene.play(text("Five."), text("Six."), text("Seven."))
    third = scene.answer(input="On.", previous_response_id=made["id"])
    assert [role for role, _ in told(scene)] == ["user", "user", "user"]
    scene.answer(input="On.", previous_response_id=third.json["id"])
    assert [role for role, _ in told(scene)] == ["user", "user", "user", "assistant", "user"]
    client: Any = scene.server.client
    conversation = client.conversations.create(items=[{"role": "user", "content": "Old."}, *made["output"]])
    scene.answer(input="On.", conversation=conversation.id)
    assert told(scene)[0] == ("user", "Count.")


def test_compacted_again_the_users_words_are_there_once(scene: Scene) -> None:
    made = compact(scene, input=HISTORY)
    again = compact(scene, input=[*HISTORY, *made["output"], {"role": "user", "content": "On."}])
    scene.play(text("Five."))
    scene.answer(input=[*again["output"], {"role": "user", "content": "Now."}], store=False)
    words = [content for _, content in told(scene)]
    assert words[:3] == ["Count.", [{"type": "text", "text": "And then?"}], "On."]
    assert len(words) == 5


def test_an_item_of_another_server_is_left_out_and_noted(scene: Scene) -> None:
    made = compact(scene, input=HISTORY)
    with (
        ScriptedUpstream(text("Hm."), models=["m"]) as upstream,
        running_server("--upstream", f"scripted={upstream.url}", "--db", "memory://") as server,
    ):
        asked = [*made["output"], {"role": "user", "content": "On."}]
        answer = server.post({"model": "scripted/m", "input": asked})
        assert answer.status == 200
        assert answer.headers["antiphon-ignored"] == "input[0]"


def test_a_model_that_summarises_nothing(scene: Scene) -> None:
    scene.play(text(""))
    with pytest.raises(openai.APIStatusError, match="summarise") as failed:
        scene.server.client.responses.compact(model="scripted/m", input=HISTORY)
    assert failed.value.status_code == 502
