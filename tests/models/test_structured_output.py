"""Structured output on model servers that have none: asked for in words, checked, asked for again, and never taken back."""

import json
from typing import Any

import pytest
from pydantic import BaseModel
from running_server import Answer, Scene

from antiphon.testing import Reply, reasoning, refusal, text, tool_call

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "pattern": "^[A-Z]"}, "people": {"type": "integer"}},
    "required": ["city", "people"],
    "additionalProperties": False,
}
FORMAT = {
    "format": {"type": "json_schema", "name": "place", "description": "A city.", "schema": SCHEMA, "strict": True}
}
GOOD = '{"city": "Bonn", "people": 330000}'
BAD = '{"city": "bonn"}'
MODEL = "deepseek/m"


class Place(BaseModel):
    city: str
    people: int


def ask(scene: Scene, *replies: Reply, stream: bool = True, **body: Any) -> Answer:
    scene.play(*replies)
    return scene.answer(model=body.pop("model", MODEL), text=body.pop("text", FORMAT), stream=stream, **body)


def test_the_schema_stands_in_the_instructions(scene: Scene) -> None:
    answer = ask(scene, text(GOOD), instructions="Be short.")
    (system, user) = scene.asked["messages"]
    assert system["role"] == "system"
    assert system["content"].startswith("Be short.\n\n")
    assert "place: A city." in system["content"]
    assert json.dumps(SCHEMA, separators=(",", ":")) in system["content"]
    assert user == {"role": "user", "content": "Hello?"}
    # This make sees to objects, and is asked to.
    assert scene.asked["response_format"] == {"type": "json_object"}
    assert answer.headers["antiphon-approximated"] == "text.format"
    assert answer.response["text"] == FORMAT
    assert answer.response["instructions"] == "Be short."


def test_text_comes_in_one_piece_once_it_fits(scene: Scene) -> None:
    answer = ask(scene, reasoning("Let me ", "see.") + text(GOOD[:9], GOOD[9:]))
    assert answer.text == GOOD
    assert [event["delta"] for event in answer.events if event["type"] == "response.output_text.delta"] == [GOOD]
    thoughts = [event["delta"] for event in answer.events if event["type"] == "response.reasoning_text.delta"]
    assert thoughts == ["Let me ", "see."]
    assert answer.response["status"] == "completed"


def test_white_space_and_a_code_fence_round_it_are_left_out(scene: Scene) -> None:
    assert ask(scene, text(f"\n```json\n{GOOD}\n```\n")).text == GOOD


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_does_not_fit_is_asked_for_again(scene: Scene, *, stream: bool) -> None:
    answer = ask(scene, text(BAD, usage=(10, 5)), text(GOOD, usage=(20, 7)), stream=stream)
    assert answer.text == GOOD
    assert len(answer.output) == 1
    assert answer.response["usage"]["total_tokens"] == 42
    first, second = (call.json["messages"] for call in scene.calls)
    assert second[: len(first)] == first
    assert second[-2] == {"role": "assistant", "content": BAD}
    assert second[-1]["role"] == "user"
    assert "required property" in second[-1]["content"]
    assert "bonn" not in str(answer.body)


@pytest.mark.parametrize("words", ["It is Bonn.", "", "[1, 2", '{"city": NaN, "people": 1}', "```json\n{}"])
def test_what_is_no_json_is_asked_for_again(scene: Scene, words: str) -> None:
    assert ask(scene, text(words), text(GOOD)).text == GOOD


@pytest.mark.parametrize("stream", [False, True])
def test_a_second_answer_that_does_not_fit_is_a_failure(scene: Scene, *, stream: bool) -> None:
    answer = ask(scene, reasoning("Hm.") + text(BAD), text(BAD), stream=stream)
    assert answer.status == 200
    assert answer.response["status"] == "failed"
    assert answer.response["error"]["code"] == "server_error"
    assert "text.format" in answer.response["error"]["message"]
    assert BAD in answer.response["error"]["message"]
    assert [item["type"] for item in answer.output] == ["reasoning"]
    assert len(scene.calls) == 2


def test_an_answer_that_was_cut_is_incomplete_and_shown(scene: Scene) -> None:
    answer = ask(scene, text('{"city": "Bo', finish="length"))
    assert (answer.response["status"], answer.text) == ("incomplete", '{"city": "Bo')
    assert answer.response["incomplete_details"] == {"reason": "max_output_tokens"}


def test_the_second_try_has_what_the_first_left_of_the_tokens(scene: Scene) -> None:
    answer = ask(scene, text(BAD, usage=(1, 30)), text(GOOD), max_output_tokens=100)
    assert [call.json["max_tokens"] for call in scene.calls] == [100, 70]
    assert answer.text == GOOD


def test_nothing_is_left_for_a_second_try(scene: Scene) -> None:
    answer = ask(scene, text(BAD, usage=(1, 100)), max_output_tokens=100)
    assert answer.response["status"] == "incomplete"
    assert answer.response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert answer.output == []


def test_a_refusal_is_no_answer_to_check(scene: Scene) -> None:
    answer = ask(scene, refusal("I'd rather not."))
    assert answer.output[0]["content"] == [{"type": "refusal", "refusal": "I'd rather not."}]
    assert answer.response["status"] == "completed"


def test_words_before_a_call_are_not_the_answer(scene: Scene) -> None:
    tool = {"type": "function", "name": "f", "parameters": None, "strict": False}
    answer = ask(scene, text("Let me look.") + tool_call("f", "{}"), tools=[tool])
    assert [item["type"] for item in answer.output] == ["message", "function_call"]
    assert answer.text == "Let me look."


def test_any_object_will_do_where_that_is_asked_for(scene: Scene) -> None:
    answer = ask(
        scene, text("[1]"), text('{"a": 1}'), model="generic/heedless", text={"format": {"type": "json_object"}}
    )
    assert answer.text == '{"a": 1}'
    assert "response_format" not in scene.calls[0].json


@pytest.mark.parametrize("model", ["generic/m", "vllm/m", "lmstudio/m", "deepseek/heeding"])
def test_a_server_that_sees_to_it_is_left_alone(scene: Scene, model: str) -> None:
    answer = ask(scene, text(BAD[:5], BAD[5:]), model=model)
    assert scene.asked["response_format"]["json_schema"]["schema"] == SCHEMA
    assert scene.asked["messages"] == [{"role": "user", "content": "Hello?"}]
    assert answer.text == BAD
    assert answer.kinds.count("response.output_text.delta") == 2
    assert "antiphon-approximated" not in answer.headers


def test_an_object_is_a_schema_where_a_server_knows_schemas_only(scene: Scene) -> None:
    ask(scene, text("{}"), model="lmstudio/m", text={"format": {"type": "json_object"}})
    assert scene.asked["response_format"]["json_schema"] == {"name": "object", "schema": {"type": "object"}}


@pytest.mark.parametrize("schema", [{"type": "objekt"}, {"pattern": "("}, {"$ref": "#/$defs/none"}])
def test_a_broken_schema_is_refused(scene: Scene, schema: Any) -> None:
    answer = ask(scene, text={"format": {"type": "json_schema", "name": "n", "schema": schema}})
    assert answer.status == 400
    assert (answer.error["param"], answer.error["code"]) == ("text.format.schema", "invalid_value")
    assert scene.calls == []


def test_a_strict_client_is_told(scene: Scene) -> None:
    answer = scene.answer({"antiphon-strict": "1"}, model=MODEL, text=FORMAT)
    assert (answer.status, answer.error["param"]) == (400, "text.format")


def test_the_official_client_parses_it(scene: Scene) -> None:
    scene.play(text(BAD), text(GOOD))
    response = scene.server.client.responses.parse(model=MODEL, input="Where?", text_format=Place)
    assert response.output_parsed == Place(city="Bonn", people=330000)


def test_the_official_client_streams_it(scene: Scene) -> None:
    scene.play(text(BAD), text(GOOD))
    with scene.server.client.responses.stream(model=MODEL, input="Where?", text_format=Place) as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        response = stream.get_final_response()
    assert deltas == [GOOD]
    assert response.output_parsed == Place(city="Bonn", people=330000)


def test_what_was_kept_is_what_was_shown(scene: Scene) -> None:
    answer = ask(scene, text(BAD), text(GOOD))
    kept = scene.server.get(f"/responses/{answer.response['id']}")
    assert kept.json["output"] == answer.output
