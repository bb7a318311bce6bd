"""The review of a turn: what is checked outside, what is seen at once, and what the model is told."""

import pytest

from antiphon.engine.call_item import CallItem
from antiphon.engine.commands import Check
from antiphon.engine.constraints import Constraint
from antiphon.engine.held import HeldMessage
from antiphon.engine.input import Item
from antiphon.engine.kinds.custom import CustomFace
from antiphon.engine.kinds.face import Binding
from antiphon.engine.open_items import Refusal, Text
from antiphon.engine.queue import Entry, ItemQueue
from antiphon.engine.rejected import Rejected
from antiphon.engine.replies import Checked
from antiphon.engine.review import OPEN, HeldCall, Review, correction, open_calls
from antiphon.engine.structured import form_of
from antiphon.wire.items import FunctionCallOutputView, FunctionCallView
from antiphon.wire.responses import JsonObjectFormat, JsonSchemaFormat

DIGITS = Constraint("regex", "[0-9]+")
SCHEMA = {"type": "object"}
FORM = form_of(JsonSchemaFormat(name="n", schema=SCHEMA))


def said(*texts: str) -> Entry:
    entry = ItemQueue(0).begin(HeldMessage("msg_1"))
    entry.held += [Text(text) for text in texts]
    return entry


def call(arguments: str, number: int = 0) -> HeldCall:
    bindings = {
        "calc": Binding(CustomFace, about={"constraint": DIGITS, "constraint_at": "tools[0].format.definition"})
    }
    item = CallItem(lambda prefix: f"{prefix}_1", bindings)
    item.name, item.number = "calc", number
    return HeldCall(item, arguments)


def test_a_turn_without_anything_to_judge_is_over() -> None:
    review = Review(None, [], [], answers=True)
    assert review.checks() == []
    assert review.over
    assert review.settle() == []


def test_text_is_checked_without_its_fence() -> None:
    review = Review(FORM, [said("```json\n", "{}\n```")], [], answers=True)
    assert review.checks() == [Check("text", Constraint("json_schema", SCHEMA), "{}")]
    review.told(Checked("text"))
    assert review.over
    assert review.settle() == []


@pytest.mark.parametrize("text", ["", "no"])
def test_what_is_no_json_needs_no_check(text: str) -> None:
    review = Review(FORM, [said(text)], [], answers=True)
    assert review.checks() == []
    (rejected,) = review.settle()
    assert rejected.written == text
    assert not rejected.hopeless


def test_an_object_is_seen_at_once() -> None:
    review = Review(form_of(JsonObjectFormat()), [said("{}")], [], answers=True)
    assert (review.checks(), review.over, review.settle()) == ([], True, [])


def test_text_that_is_no_answer_is_let_be() -> None:
    assert Review(FORM, [said("Let me see.")], [], answers=False).settle() == []
    refusal = said()
    refusal.held.append(Refusal("No."))
    review = Review(FORM, [refusal], [], answers=True)
    assert (review.checks(), review.over, review.settle()) == ([], True, [])


def test_calls_are_checked_by_their_input() -> None:
    good, bad = call('{"input": "1"}'), call('{"input": "x"}', 1)
    review = Review(None, [], [good, bad], answers=False)
    assert review.checks() == [Check("0", DIGITS, "1"), Check("1", DIGITS, "x")]
    review.told(Checked("1", "It doesn't match"))
    assert not review.over
    review.told(Checked("0"))
    (rejected,) = review.settle()
    assert (good.item.fits, bad.item.fits) == (True, False)
    assert rejected == Rejected("It doesn't match.", '{"input": "x"}', "calc", "call_1")


def test_a_check_that_met_its_limit_is_hopeless() -> None:
    review = Review(None, [], [call("x")], answers=False)
    review.checks()
    review.told(Checked("0", "Too long.", undecided=True))
    assert review.settle()[0].hopeless


def test_what_is_wrong_is_a_sentence() -> None:
    assert Rejected("It ends.", "ab", "calc").sentence == (
        "The input of the call of calc doesn't match its grammar: It ends. It was: ab"
    )
    long = Rejected("It ends.", "x" * 500).sentence
    assert long.startswith("The model's answer doesn't match text.format: It ends. It was: xxx")
    assert len(long) < 300


def test_the_model_is_told_what_it_wrote_and_what_is_wrong() -> None:
    messages = correction([Rejected("A.", "{}", "calc", "call_1"), Rejected("B.", "no")])
    assert [message["role"] for message in messages] == ["assistant", "tool", "assistant", "user"]
    assert messages[0]["tool_calls"][0]["function"] == {"name": "calc", "arguments": "{}"}
    assert "A." in messages[1]["content"]
    assert messages[2]["content"] == "no"
    assert "B." in messages[3]["content"]
    assert correction([]) == []


def test_calls_of_the_client_are_under_way() -> None:
    views = [
        FunctionCallView(call_id="a", name="f", arguments="{}"),
        FunctionCallOutputView(call_id="a", output="1"),
        FunctionCallView(call_id="b", name="f", arguments="{}"),
        None,
    ]
    items = [Item(id="", type="x", raw=b"{}", view=view, at="") for view in views]
    assert [one.view for one in open_calls(items)] == [FunctionCallOutputView(call_id="b", output=OPEN)]
