"""A call that is too long for its model: shortened where the client allows it, else refused."""

from typing import Any

import pytest
from running_server import Answer, Scene

from antiphon.testing import Reply, raw, status, text, tool_call

WORDS = "word " * 200
"""A thousand bytes: by estimate 286 tokens, by the tokenizers of these tests 200."""
TOO_LONG = {
    "error": {"message": "This model's maximum context length is 300 tokens. However, you requested 900 tokens."}
}
F = {"type": "function", "name": "f", "parameters": None, "strict": False}


def said(role: str, content: str) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": content}


def turns(count: int, filler: str = WORDS) -> list[dict[str, Any]]:
    """So many long turns, then a short question."""
    past = [(said("user", f"q{n} {filler}"), said("assistant", f"a{n}")) for n in range(count)]
    return [*(message for turn in past for message in turn), said("user", "And now?")]


def ask(scene: Scene, *replies: Reply, **body: Any) -> Answer:
    scene.play(*replies)
    asked: dict[str, Any] = {"model": "generic/narrow", "truncation": "auto", "stream": True} | body
    return scene.answer(**asked)


def asked(scene: Scene, call: int = -1) -> list[str]:
    """The first word of each message of a chat call."""
    chats = [one for one in scene.calls if one.path.endswith("/chat/completions")]
    return [str(message["content"]).split()[0] for message in chats[call].json["messages"]]


def words(body: Any) -> int:
    return sum(len(str(message["content"]).split()) for message in body["messages"])


@pytest.mark.parametrize("stream", [False, True])
def test_the_oldest_turns_go(scene: Scene, *, stream: bool) -> None:
    answer = ask(scene, text("Yes."), input=turns(3), instructions="Be short.", stream=stream)
    assert asked(scene) == ["Be", "And"]
    assert answer.text == "Yes."
    assert answer.response["truncation"] == "auto"
    assert "antiphon-ignored" not in answer.headers


def test_what_fits_stays(scene: Scene) -> None:
    ask(scene, text("Yes."), input=turns(3, "short"))
    assert asked(scene) == ["q0", "a0", "q1", "a1", "q2", "a2", "And"]


def test_a_call_stays_with_its_output(scene: Scene) -> None:
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": WORDS}
    short = said("user", "Look.")
    ask(
        scene,
        text("Yes."),
        input=[said("user", WORDS), call, output, short, said("assistant", "Done."), said("user", "And?")],
    )
    assert asked(scene) == ["Look.", "Done.", "And?"]


def test_the_newest_message_goes_out_whatever_its_length(scene: Scene) -> None:
    ask(scene, text("Yes."), input=[*turns(1)[:-1], said("user", f"now {WORDS}{WORDS}")])
    assert asked(scene) == ["now"]


def test_room_is_kept_for_the_answer(scene: Scene) -> None:
    ask(scene, text("Yes."), input=turns(2, "word " * 50), max_output_tokens=180)
    assert asked(scene) == ["q1", "a1", "And"]


def test_older_rounds_of_calls_go_when_nothing_else_can(scene: Scene) -> None:
    rounds = [
        item
        for n in range(3)
        for item in (
            {"type": "function_call", "call_id": f"c{n}", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": f"c{n}", "output": f"o{n} " + "word " * 100},
        )
    ]
    ask(scene, text("Yes."), input=[said("user", "Go."), *rounds], tools=[F])
    assert asked(scene) == ["Go.", "None", "o2"]


def test_vllm_counts_and_tells_its_window(scene: Scene, desk: Any) -> None:
    desk.answers["POST /tokenize"] = lambda body: {"count": words(body), "max_model_len": 500, "tokens": []}
    ask(scene, text("Yes."), model="vllm/m", input=turns(3))
    # 602 words and 500 tokens; less what is kept for an answer.
    assert asked(scene) == ["q1", "a1", "q2", "a2", "And"]
    counted = [call.json for call in scene.calls if call.path == "/tokenize"]
    assert [words(body) for body in counted] == [608, 406]
    assert counted[0]["model"] == "m"


def test_llamacpp_renders_and_counts(scene: Scene, desk: Any) -> None:
    desk.answers["GET /props"] = lambda _: {"default_generation_settings": {"n_ctx": 500}}
    desk.answers["POST /apply-template"] = lambda body: {
        "prompt": " ".join(str(m["content"]) for m in body["messages"])
    }
    desk.answers["POST /tokenize"] = lambda body: {"tokens": list(range(len(body["content"].split())))}
    ask(scene, text("Yes."), model="llamacpp/m", input=turns(3))
    assert asked(scene) == ["q1", "a1", "q2", "a2", "And"]


@pytest.mark.parametrize(
    ("model", "path", "answer"),
    [
        ("ollama/m", "GET /api/ps", {"models": [{"name": "m:latest", "context_length": 300}]}),
        ("lmstudio/m", "GET /api/v0/models/m", {"id": "m", "max_context_length": 4096, "loaded_context_length": 300}),
        ("openrouter/listed", None, None),
    ],
)
def test_other_makes_tell_their_window(scene: Scene, desk: Any, model: str, path: str | None, answer: Any) -> None:
    if path:
        desk.answers[path] = lambda _: answer
    ask(scene, text("Yes."), model=model, input=turns(3))
    assert asked(scene) == ["And"]


def test_nothing_goes_where_no_window_is_known(scene: Scene) -> None:
    ask(scene, text("Yes."), model="ollama/m", input=turns(3))
    assert len(asked(scene)) == 7


@pytest.mark.parametrize("stream", [False, True])
def test_a_refusal_for_length_is_answered_with_a_shorter_call(scene: Scene, *, stream: bool) -> None:
    answer = ask(scene, status(400, TOO_LONG), text("Yes."), model="ollama/m", input=turns(3), stream=stream)
    assert asked(scene) == ["And"]
    assert answer.text == "Yes."
    assert answer.response["status"] == "completed"


def test_a_refusal_without_numbers_costs_the_oldest(scene: Scene) -> None:
    vague = status(400, {"error": {"message": "Your input exceeds the context window of this model."}})
    ask(scene, vague, vague, text("Yes."), model="ollama/m", input=turns(6))
    assert [len(asked(scene, call)) for call in range(3)] == [13, 9, 5]


def test_a_refusal_inside_the_stream_is_one_too(scene: Scene) -> None:
    refused = raw([b'data: {"error": {"code": 400, "message": "the request exceeds the available context size"}}\n\n'])
    answer = ask(scene, refused, text("Yes."), model="llamacpp/m", input=turns(3))
    assert answer.text == "Yes."


def test_it_is_not_tried_for_ever(scene: Scene) -> None:
    answer = ask(scene, *[status(400, TOO_LONG)] * 3, model="ollama/m", input=turns(3))
    assert answer.status == 400
    assert answer.error["code"] == "context_length_exceeded"


def test_without_leave_a_refusal_is_passed_on(scene: Scene) -> None:
    answer = ask(scene, status(413, TOO_LONG), model="ollama/m", truncation="disabled", input=turns(3))
    assert answer.status == 400
    assert answer.error == {
        "message": TOO_LONG["error"]["message"],
        "type": "invalid_request_error",
        "param": "input",
        "code": "context_length_exceeded",
    }


@pytest.mark.parametrize("model", ["generic/narrow", "vllm/narrow"])
def test_what_surely_does_not_fit_is_refused_before_it_is_asked(scene: Scene, desk: Any, model: str) -> None:
    desk.answers["POST /tokenize"] = lambda body: {"count": words(body)}
    answer = ask(scene, model=model, truncation="disabled", input=turns(3))
    assert (answer.status, answer.error["code"], answer.error["param"]) == (400, "context_length_exceeded", "input")
    assert "300" in answer.error["message"]
    assert not [call for call in scene.calls if call.path.endswith("/chat/completions")]


def test_the_list_of_models_is_enough_to_know(scene: Scene) -> None:
    assert scene.server.get("/models").status == 200
    answer = ask(scene, model="generic/listed", truncation="disabled", input=turns(3))
    assert answer.error["code"] == "context_length_exceeded"
    assert ask(scene, text("Yes."), model="generic/long", truncation="disabled", input=turns(3)).text == "Yes."


def test_what_may_fit_is_asked(scene: Scene) -> None:
    assert ask(scene, text("Yes."), truncation="disabled", input=turns(1)).text == "Yes."


def test_a_later_turn_that_is_too_long_fails_in_the_stream(scene: Scene) -> None:
    wrong = tool_call("calc", {"input": "x " * 1000})
    calc = {"type": "custom", "name": "calc", "format": {"type": "grammar", "syntax": "regex", "definition": "[0-9]+"}}
    answer = ask(scene, wrong, truncation="disabled", tools=[calc], input="Go.")
    assert answer.response["status"] == "failed"
    assert answer.response["error"]["code"] == "invalid_prompt"
    assert [event["code"] for event in answer.events if event["type"] == "error"] == ["context_length_exceeded"]
