"""Compaction through the official client: asked once, gone on from in every way."""

from typing import Any

import judge
import openai
import pytest
from judged_http import judge_compacted, judge_stream
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
    judge_compacted(made)
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
    *said, item = made["output"]
    assert [(message["role"], message["content"][0]["text"]) for message in said] == [
        ("user", "Count."),
        ("user", "And then?"),
    ]
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
        assert answer.headers["antiphon-ignored"] == "input[2]"


def test_a_model_that_summarises_nothing(scene: Scene) -> None:
    scene.play(text(""))
    with pytest.raises(openai.APIStatusError, match="summarise") as failed:
        scene.server.client.responses.compact(model="scripted/m", input=HISTORY)
    assert failed.value.status_code == 502


LONG = {"role": "assistant", "content": "word " * 2_000}
ABOVE: Any = [{"type": "compaction", "compact_threshold": 500}]


def test_within_a_response_it_is_made_when_the_threshold_is_passed(scene: Scene) -> None:
    scene.play(text("It counted to 4."), text("Five."))
    answer = scene.stream(input=[*HISTORY, LONG], context_management=ABOVE)
    final = judge_stream(answer.body)
    assert "antiphon-ignored" not in answer.headers
    item, message = final["output"]
    assert (item["type"], message["content"][0]["text"]) == ("compaction", "Five.")
    assert "counted" not in item["encrypted_content"]
    assert [role for role, _ in told(scene)] == ["system", "user", "user", "user"]
    stored = scene.server.client.responses.retrieve(final["id"])
    assert [one.type for one in stored.output] == ["compaction", "message"]


def test_a_compaction_of_a_response_is_gone_on_from(scene: Scene) -> None:
    scene.play(text("It counted to 4."), text("Five."), text("Six."), text("Seven."))
    first = scene.answer(input=[*HISTORY, LONG], context_management=ABOVE).json
    scene.answer(input="On.", previous_response_id=first["id"], context_management=ABOVE)
    by_id = told(scene)
    # The system's words stand before it, what it stands for is gone, and what came after it is whole.
    assert [role for role, _ in by_id] == ["system", "user", "user", "user", "assistant", "user"]
    assert "It counted to 4." in by_id[3][1]
    scene.answer(input=[*first["output"], {"role": "user", "content": "On."}], store=False)
    assert told(scene) == by_id[1:]


def test_a_trigger_is_answered_with_the_item_alone(scene: Scene) -> None:
    scene.play(text("It counted to 4."), text("Five."))
    trigger = {"type": "compaction_trigger"}
    final = judge_stream(scene.stream(input=[*HISTORY, trigger], instructions="Count.").body)
    assert [item["type"] for item in final["output"]] == ["compaction"]
    listed = scene.server.client.responses.input_items.list(final["id"])
    assert len(listed.data) == len(HISTORY)
    scene.answer(input="On.", previous_response_id=final["id"])
    assert "It counted to 4." in told(scene)[-2][1]


def test_a_trigger_is_the_last_item(scene: Scene) -> None:
    answer = scene.answer(input=[{"type": "compaction_trigger"}, *HISTORY])
    assert answer.status == 400
    assert answer.json["error"]["param"] == "input[0]"
