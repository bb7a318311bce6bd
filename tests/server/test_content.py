"""What goes in and comes out besides plain text: images, files, roles, thinking, refusals, formats, logprobs."""

import base64
import json
from typing import Any

import pytest
from running_server import Scene

from antiphon.testing import Reply, raw, reasoning, refusal, text

PIXEL = "data:image/png;base64,iVBORw0KGgo="
TEXT_FILE = base64.b64encode("Ünique".encode()).decode()
DONE = b"data: [DONE]\n\n"


def deltas(*said: dict[str, Any], finish: str | None = "stop", **more: Any) -> Reply:
    """A stream of these deltas."""
    choices: list[dict[str, Any]] = [{"index": 0, "delta": delta, **more} for delta in said]
    choices += [{"index": 0, "delta": {}, "finish_reason": finish}]
    return raw([*(b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n" for choice in choices), DONE])


INPUTS = [
    ("a string", "Hello?", "Hello?"),
    ("a list of text", [{"type": "input_text", "text": "Hello?"}], [{"type": "text", "text": "Hello?"}]),
    ("an image by URL",
     [{"type": "input_image", "image_url": "https://example.com/a.png", "detail": "low"}],
     [{"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}]),
    ("an image by data URL",
     [{"type": "input_text", "text": "What?"}, {"type": "input_image", "image_url": PIXEL}],
     [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": PIXEL}}]),
    ("a file of text",
     [{"type": "input_file", "filename": "a.txt", "file_data": f"data:text/plain;base64,{TEXT_FILE}"}],
     [{"type": "text", "text": "a.txt:\nÜnique"}]),
    ("a file as bare base64",
     [{"type": "input_file", "file_data": TEXT_FILE}], [{"type": "text", "text": "Ünique"}]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "sent"), [row[1:] for row in INPUTS], ids=[row[0] for row in INPUTS])
def test_content_keeps_its_form(scene: Scene, content: Any, sent: Any) -> None:
    scene.play(text("Hello!"))
    answer = scene.stream(input=[{"role": "user", "content": content}])
    assert scene.asked["messages"] == [{"role": "user", "content": sent}]
    assert "antiphon-ignored" not in answer.headers


def test_a_part_that_no_chat_model_takes_is_left_out_and_noted_and_kept(scene: Scene) -> None:
    scene.play(text("Hello!"))
    parts = [{"type": "input_text", "text": "Hello?"}, {"type": "input_audio", "data": "x"}]
    answer = scene.stream(input=[{"role": "user", "content": parts}])
    assert scene.asked["messages"][0]["content"] == [{"type": "text", "text": "Hello?"}]
    assert answer.headers["antiphon-ignored"] == "input[0].content[1]"


ROLES = [{"role": "user", "content": "u"}, {"role": "developer", "content": "d"}, {"role": "system", "content": "s"}]


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        ("full/m", [("system", "Be."), ("user", "u"), ("developer", "d"), ("system", "s")]),
        ("ollama/m", [("system", "Be."), ("user", "u"), ("system", "d"), ("system", "s")]),
        ("scripted/m", [("system", "Be.\n\nd\n\ns"), ("user", "u")]),
    ],
)
def test_system_messages_go_where_a_chat_template_takes_them(scene: Scene, model: str, sent: list[Any]) -> None:
    scene.play(text("Hello!"))
    scene.stream(model=model, instructions="Be.", input=ROLES)
    assert [(message["role"], message["content"]) for message in scene.asked["messages"]] == sent


THINKING = [
    ("reasoning_content", reasoning("Hm, ", "well.", field="reasoning_content") + text("Hello!")),
    ("reasoning", reasoning("Hm, ", "well.", field="reasoning") + text("Hello!")),
    ("thinking", reasoning("Hm, ", "well.", field="thinking") + text("Hello!")),
    ("<think>", text("<thi", "nk>Hm, ", "well.</th", "ink>", "Hello!")),
    ("parts", deltas({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm, well."}]}]},
                     {"content": [{"type": "text", "text": "Hello!"}]})),
]  # fmt: skip


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize("reply", [row[1] for row in THINKING], ids=[row[0] for row in THINKING])
def test_thinking_is_a_reasoning_item_however_it_is_spelt(scene: Scene, reply: Reply, *, stream: bool) -> None:
    scene.play(reply)
    answer = scene.answer(stream=stream)
    thought, message = answer.output
    assert thought["type"] == "reasoning"
    assert thought["content"] == [{"type": "reasoning_text", "text": "Hm, well."}]
    assert thought["summary"] == []
    assert message["content"][0]["text"] == "Hello!"
    assert scene.server.get(f"/responses/{answer.response['id']}").json == answer.response


def test_a_refusal_is_a_part_of_its_own(scene: Scene) -> None:
    scene.play(refusal("I ", "won't."))
    answer = scene.stream()
    assert answer.output[0]["content"] == [{"type": "refusal", "refusal": "I won't."}]
    assert answer.kinds[4:6] == ["response.refusal.delta"] * 2
    assert answer.response["status"] == "completed"


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        ({"type": "text"}, None),
        ({"type": "json_object"}, {"type": "json_object"}),
        (
            {"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": True, "description": "d"},
            {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True, "description": "d"}},
        ),
        (
            {"type": "json_schema", "name": "n", "schema": SCHEMA},
            {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}},
        ),
    ],
    ids=["text", "object", "schema", "short schema"],
)
def test_a_format_is_asked_for_and_echoed(scene: Scene, form: dict[str, Any], sent: Any) -> None:
    scene.play(text('{"a": 1}'))
    answer = scene.stream(text={"format": form})
    assert scene.asked.get("response_format") == sent
    assert {name: answer.response["text"]["format"][name] for name in form} == form
    assert answer.text == '{"a": 1}'


TOKEN = {"token": "Hi", "logprob": -0.5, "bytes": [72, 105]}
LOGPROBS = {"content": [{**TOKEN, "top_logprobs": [TOKEN, {"token": "Ho", "logprob": -1.5, "bytes": None}]}]}


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_log_probabilities(scene: Scene, *, stream: bool) -> None:
    scene.play(deltas({"content": "Hi"}, logprobs=LOGPROBS))
    answer = scene.answer(top_logprobs=2, include=["message.output_text.logprobs"], stream=stream)
    assert (scene.asked["logprobs"], scene.asked["top_logprobs"]) == (True, 2)
    (token,) = answer.output[0]["content"][0]["logprobs"]
    assert (token["token"], token["logprob"], token["bytes"]) == ("Hi", -0.5, [72, 105])
    assert [top["token"] for top in token["top_logprobs"]] == ["Hi", "Ho"]
    assert token["top_logprobs"][1]["bytes"] == [72, 111]


@pytest.mark.parametrize(("finish", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_an_answer_that_stops_short_is_incomplete(scene: Scene, finish: str, reason: str, *, stream: bool) -> None:
    scene.play(text("Hel", finish=finish))
    answer = scene.answer(max_output_tokens=16, stream=stream)
    assert scene.asked["max_tokens"] == 16
    assert answer.response["status"] == "incomplete"
    assert answer.response["incomplete_details"] == {"reason": reason}
    assert answer.output[0]["status"] == "incomplete"
    assert answer.text == "Hel"
    assert scene.server.get(f"/responses/{answer.response['id']}").json == answer.response


def test_the_limit_of_tokens_has_the_name_that_the_upstream_knows(scene: Scene) -> None:
    scene.play(text("Hello!"))
    scene.stream(model="full/m", max_output_tokens=16)
    assert scene.asked["max_completion_tokens"] == 16
    assert "max_tokens" not in scene.asked


def test_usage_has_all_its_details(scene: Scene) -> None:
    usage = {
        "prompt_tokens": 10, "completion_tokens": 7, "total_tokens": 17,
        "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 5},
    }  # fmt: skip
    last = b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n"
    first = b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n'
    scene.play(raw([first, last, DONE]))
    assert scene.stream().response["usage"] == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 17,
    }


def test_an_upstream_that_tells_no_usage(scene: Scene) -> None:
    scene.play(text("Hello!", usage=None))
    answer = scene.stream()
    assert answer.response["status"] == "completed"


def test_an_upstream_that_cannot_stream_serves_as_well(scene: Scene) -> None:
    message = {"role": "assistant", "content": "Hello!", "reasoning_content": "Hm."}
    whole = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    scene.play(raw([json.dumps(whole).encode()], headers={"content-type": "application/json"}))
    answer = scene.stream()
    assert [item["type"] for item in answer.output] == ["reasoning", "message"]
    assert answer.text == "Hello!"
