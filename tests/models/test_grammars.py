"""Custom tools with a grammar: what the model writes is checked before the client sees a call of it."""

import json
from typing import Any

import pytest
from running_server import Answer, Scene

from antiphon.testing import Reply, text, tool_call

SUM = {"type": "grammar", "syntax": "lark", "definition": 'start: NUMBER ("+" NUMBER)*\nNUMBER: /[0-9]+/'}
DATE = {"type": "grammar", "syntax": "regex", "definition": r"\d{4}-\d{2}-\d{2}"}
PATCH = r"""
start: begin_patch hunk+ end_patch
begin_patch: "*** Begin Patch" LF
end_patch: "*** End Patch" LF?
hunk: add_hunk | delete_hunk
add_hunk: "*** Add File: " filename LF add_line+
delete_hunk: "*** Delete File: " filename LF
filename: /(.+)/
add_line: "+" /(.*)/ LF -> line
%import common.LF
"""
F = {"type": "function", "name": "f", "parameters": None, "strict": False}


def custom(form: Any, name: str = "calc") -> dict[str, Any]:
    return {"type": "custom", "name": name, "description": "Sums.", "format": form}


def call(text_: str, name: str = "calc", id: str = "call_1") -> Reply:  # noqa: A002 - the wire's word
    return tool_call(name, {"input": text_}, id=id, pieces=3)


def ask(scene: Scene, *replies: Reply, **body: Any) -> Answer:
    scene.play(*replies)
    asked: dict[str, Any] = {"model": "generic/m", "tools": [custom(SUM)], "stream": True} | body
    return scene.answer(**asked)


@pytest.mark.parametrize(
    ("form", "written"),
    [
        (SUM, "1+22+3"),
        (DATE, "2026-11-22"),
        (
            {"type": "grammar", "syntax": "lark", "definition": PATCH},
            "*** Begin Patch\n*** Add File: a\n+x\n*** End Patch",
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_input_that_fits_is_handed_on(scene: Scene, form: Any, written: str, *, stream: bool) -> None:
    answer = ask(scene, call(written), tools=[custom(form)], stream=stream)
    (item,) = answer.output
    assert (item["type"], item["name"], item["input"]) == ("custom_tool_call", "calc", written)
    assert answer.headers["antiphon-approximated"] == "tools[0].format"
    assert len(scene.calls) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_an_input_that_does_not_fit_is_written_again(scene: Scene, *, stream: bool) -> None:
    answer = ask(scene, text("I add.") + call("1+x"), call("1+2", id="call_2"), stream=stream, tool_choice="required")
    message, item = answer.output
    assert message["content"][0]["text"] == "I add."
    assert (item["call_id"], item["input"]) == ("call_2", "1+2")
    assert "1+x" not in str(answer.body)
    user, assistant, asked, told = scene.calls[1].json["messages"]
    assert (user["role"], assistant["content"]) == ("user", "I add.")
    assert json.loads(asked["tool_calls"][0]["function"]["arguments"]) == {"input": "1+x"}
    assert told["tool_call_id"] == asked["tool_calls"][0]["id"] == "call_1"
    assert "From character 2 on" in told["content"]
    # It must still call.
    assert [one.json["tool_choice"] for one in scene.calls] == ["required", "required"]


def test_a_second_input_that_does_not_fit_is_a_failure(scene: Scene) -> None:
    answer = ask(scene, call("x"), call("y", id="call_2"))
    assert answer.response["status"] == "failed"
    assert "calc doesn't match its grammar" in answer.response["error"]["message"]
    assert answer.output == []


def test_other_calls_of_the_turn_stand(scene: Scene) -> None:
    wrong = call("x", id="call_2")
    answer = ask(scene, tool_call("f", "{}") + wrong, call("7", id="call_3"), tools=[F, custom(SUM)])
    assert [item.get("input", item.get("arguments")) for item in answer.output] == ["{}", "7"]
    again = scene.calls[1].json["messages"]
    assert [message["role"] for message in again] == ["user", "assistant", "tool", "assistant", "tool"]
    assert "follow" in again[2]["content"]
    outputs = [
        {"type": "function_call_output", "call_id": "call_1", "output": "a"},
        {"type": "custom_tool_call_output", "call_id": "call_3", "output": "b"},
    ]
    more = ask(scene, text("Done."), previous_response_id=answer.response["id"], input=outputs, tools=[F, custom(SUM)])
    assert more.text == "Done."


def test_bare_text_is_an_input_too(scene: Scene) -> None:
    assert ask(scene, tool_call("calc", "1+1")).output[0]["input"] == "1+1"


def test_a_call_that_was_cut_is_shown_as_it_is(scene: Scene) -> None:
    cut = tool_call("calc", '{"input": "1+')
    answer = ask(scene, Reply(parts=cut.parts, usage=(1, 1), finish="length"))
    assert answer.response["status"] == "incomplete"
    assert (answer.output[0]["status"], answer.output[0]["input"]) == ("incomplete", "1+")


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({"type": "grammar", "syntax": "lark", "definition": "start: nothing"}, "definition"),
        ({"type": "grammar", "syntax": "regex", "definition": "("}, "definition"),
        ({"type": "grammar", "syntax": "regex"}, "definition"),
        ({"type": "grammar", "syntax": "gbnf", "definition": "x"}, "syntax"),
        ({"type": "yaml"}, None),
        ("grammar", None),
    ],
)
def test_a_broken_grammar_is_refused(scene: Scene, form: Any, param: str | None) -> None:
    answer = ask(scene, tools=[F, custom(form)])
    assert answer.status == 400
    assert answer.error["param"] == ".".join(filter(None, ["tools[1].format", param]))
    assert scene.calls == []


@pytest.mark.soak
def test_a_grammar_that_takes_for_ever_is_given_up(scene: Scene) -> None:
    endless = {"type": "grammar", "syntax": "lark", "definition": 'start: s\ns: "a" | s s | s s s'}
    answer = ask(scene, call("a" * 3_000), tools=[custom(endless)])
    assert answer.response["status"] == "failed"
    assert len(scene.calls) == 1
    assert ask(scene, call("1")).output[0]["input"] == "1"


def test_the_official_client_sees_the_mended_call_alone(scene: Scene) -> None:
    scene.play(call("1 plus 2"), call("1+2", id="call_2"))
    kinds, deltas = [], []
    with scene.server.client.responses.stream(model="generic/m", input="?", tools=[custom(SUM)]) as stream:  # type: ignore[list-item] # the client's own types want literals
        for event in stream:
            kinds.append(event.type)
            if event.type == "response.custom_tool_call_input.delta":
                deltas.append(event.delta)
        response = stream.get_final_response()
    assert "".join(deltas) == "1+2"
    assert kinds.count("response.output_item.added") == 1
    assert [item.type for item in response.output] == ["custom_tool_call"]
