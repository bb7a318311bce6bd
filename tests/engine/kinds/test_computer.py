"""`computer`: the model sees a function, the client actions on a screen, and the model its picture."""

import json
from typing import Any

import pytest
from engine_answers import Answered, answered, call, planned

from antiphon.engine.kinds.computer import LOOK, actions

Json = dict[str, Any]
PREVIEW = {"type": "computer_use_preview", "display_width": 800, "display_height": 600, "environment": "browser"}
CLICK = {"type": "click", "button": "right", "x": 1, "y": 2}
PICTURE = "data:image/png;base64,iVBORw0KGgo="


def acted(arguments: Any, tool: Json, finish: str = "tool_calls") -> Answered:
    end = {"choices": [{"delta": {}, "finish_reason": finish}]}
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    half = len(written) // 2
    pieces = call(0, "call_1", "computer", written[:half]), call(0, arguments=written[half:])
    return answered(*pieces, end, tools=[tool])


def test_actions_are_one_item() -> None:
    answer = acted({"actions": [CLICK, {"type": "screenshot"}]}, {"type": "computer"})
    assert answer.names == ["output_item.added", "output_item.done", "completed"]
    (item,) = answer.output
    assert (item["type"], item["call_id"], item["status"]) == ("computer_call", "call_1", "completed")
    assert item["actions"] == [CLICK, {"type": "screenshot"}]
    assert item["pending_safety_checks"] == []
    assert "action" not in item


def test_the_older_tool_does_one_action_a_call() -> None:
    (item,) = acted({"action": CLICK}, PREVIEW).output
    assert item["action"] == CLICK
    assert "actions" not in item


def test_a_call_that_is_cut_is_incomplete() -> None:
    (item,) = acted('{"actions": [{"ty', {"type": "computer"}, finish="length").output
    assert (item["status"], item["actions"]) == ("incomplete", [LOOK])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"actions": [CLICK]}, [CLICK]),
        ({"action": CLICK}, [CLICK]),
        (CLICK, [CLICK]),
        ({"actions": CLICK}, [CLICK]),
        ({"actions": [{"type": "click", "x": 1.0, "y": None, "button": "any"}]}, [{**CLICK, "button": "left", "y": 0}]),
        (
            {"actions": [{"type": "drag", "path": [[1, 2], {"x": 3, "y": 4}, 5]}]},
            [{"type": "drag", "path": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}],
        ),
        ({"type": "keypress", "keys": "CTRL"}, [{"type": "keypress", "keys": ["CTRL"]}]),
        ({"type": "move", "x": 1, "y": 2, "keys": ["SHIFT"]}, [{"type": "move", "x": 1, "y": 2, "keys": ["SHIFT"]}]),
        ({"type": "scroll", "scroll_y": 9}, [{"type": "scroll", "x": 0, "y": 0, "scroll_x": 0, "scroll_y": 9}]),
        ({"type": "type", "text": "a"}, [{"type": "type", "text": "a"}]),
        ({"type": "wait"}, [{"type": "wait"}]),
        ({"actions": [{"type": "dance"}, 5]}, [LOOK]),
        ({}, [LOOK]),
    ],
)
def test_whatever_the_model_writes_is_an_action(written: Json, read: list[Json]) -> None:
    assert actions(json.dumps(written)) == read


def test_the_model_is_told_of_the_screen() -> None:
    (older,), (newer,) = (planned(tools=[tool]).body["tools"] for tool in (PREVIEW, {"type": "computer"}))
    assert "800 x 600 pixels, browser" in older["function"]["description"]
    assert older["function"]["parameters"]["required"] == ["action"]
    assert newer["function"]["parameters"]["required"] == ["actions"]
    assert newer["function"]["name"] == "computer"


def test_the_picture_stands_beside_the_result() -> None:
    asked = {"role": "user", "content": "Look."}
    made = {"type": "computer_call", "id": "cu_1", "call_id": "c", "actions": [LOOK], "pending_safety_checks": []}
    check = {"id": "sc_1", "code": "x", "message": "Careful."}
    output = {
        "type": "computer_call_output",
        "call_id": "c",
        "output": {"type": "computer_screenshot", "image_url": PICTURE},
        "acknowledged_safety_checks": [check],
    }
    plan = planned(input=[asked, made, output], tools=[{"type": "computer"}])
    assert plan.body["messages"][2:] == [
        {"role": "tool", "tool_call_id": "c", "content": "The picture follows."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What the call c of computer shows:"},
                {"type": "image_url", "image_url": {"url": PICTURE}},
            ],
        },
    ]
    assert json.loads(plan.plan.input[2].raw)["acknowledged_safety_checks"] == [check]


@pytest.mark.parametrize("kind", ["computer", "computer_use", "computer_use_preview"])
def test_a_choice_of_any_of_its_names_means_it(kind: str) -> None:
    plan = planned(tools=[{"type": "computer"}], tool_choice={"type": kind})
    assert plan.body["tool_choice"]["function"]["name"] == "computer"
