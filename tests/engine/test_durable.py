"""A run that outlives its process: it dies after any command, and goes on as if nothing had been."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from engine_answers import call
from lives import SERVER, Lives

from antiphon.engine.citations import Citable
from antiphon.engine.commands import CallTool
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.replies import Cancelled, UpstreamFailed
from antiphon.engine.resuming import UNKNOWN_OUTCOME
from antiphon.errors import NotFound

Json = dict[str, Any]


def said(**delta: Any) -> Json:
    return {"choices": [{"index": 0, "delta": delta}]}


HELLO = [said(content="Hel"), said(content="lo"), said(content="!")]
THINKING = [said(reasoning="Let me "), said(reasoning="see."), said(content="I look. ")]
LOOKS = [
    *THINKING,
    call(0, "call_a", "look", '{"n"'),
    call(0, None, None, ": 1}"),
    call(1, "call_b", "look", '{"n": 2}'),
]
MIXED = [
    call(0, "call_a", "look", '{"n": 1}'),
    said(content="And then."),
    call(1, "call_c", "mine", "{}"),
    said(content=" Now."),
]
PAYS = [said(content="I pay."), call(0, "call_p", "pay", '{"n": 5}')]
MINE = {"type": "function", "name": "mine", "parameters": {}}
TOOLS = {"tools": [SERVER, MINE]}

CASES: dict[str, tuple[Sequence[Sequence[Json]], Json]] = {
    "an answer": ([HELLO], {}),
    "two calls at once, and an answer": ([LOOKS, HELLO], TOOLS),
    "turn after turn": ([LOOKS, LOOKS, PAYS, HELLO], TOOLS),
    "a call of the client's behind one of ours": ([LOOKS, MIXED], TOOLS),
}


def lived(case: str, **more: Any) -> Lives:
    turns, fields = CASES[case]
    lives = Lives(turns, fields, **more)
    lives.begin()
    return lives


@pytest.mark.parametrize("case", CASES)
def test_it_says_what_is_to_be_kept_and_ends_like_any_other(case: str) -> None:
    lives = lived(case)
    assert lives.ended
    assert lives.final["status"] == "completed"
    assert lives.body["status"] == "in_progress"
    assert len(lives.asked) == len(CASES[case][0])
    kinds = [event["type"].removeprefix("response.") for event in lives.log]
    assert kinds[:3] == ["created", "queued", "in_progress"]
    assert [event["response"]["status"] for event in lives.log[:3]] == ["queued", "queued", "in_progress"]


def told(lives: Lives) -> str:
    """What the model was asked last, its ids left out: each life makes its own."""
    return re.sub(r"_[0-9a-f]{32}", "", str(lives.asked[-1]))


def finished(output: Sequence[Json]) -> list[str]:
    """What of an output isn't left over from an interruption, without ids."""
    return [
        str({name: value for name, value in item.items() if name not in {"id", "call_id"}})
        for item in output
        if item.get("status") != "incomplete"
    ]


@pytest.mark.parametrize("flushed", [True, False], ids=["seen", "unseen"])
@pytest.mark.parametrize("case", CASES)
def test_it_dies_after_any_command_and_goes_on(case: str, *, flushed: bool) -> None:
    """No turn that ended is asked again, no tool that answered is called again, and the streams join into one."""
    whole = lived(case)
    unbroken = finished(whole.final["output"])
    for moment in range(whole.count):
        turns, fields = CASES[case]
        lives = Lives(turns, fields, repeatable=frozenset({"s.*"}))
        lives.begin(moment, flushed=flushed)
        steps = len(lives.kept.turns)
        before = (len(lives.asked), len(lives.called), len(lives.answered))
        lives.go_on()
        assert lives.ended
        output = finished(lives.final["output"])
        # Of an interrupted turn, thoughts and calls of the client may have been done already.
        assert all(output.count(item) >= unbroken.count(item) for item in unbroken)
        assert len(lives.asked) <= len(turns) + 1
        assert len(lives.called) - (before[1] - before[2]) <= len(whole.called)
        assert told(lives) == told(whole)
        assert steps <= len(lives.kept.turns)


@pytest.mark.parametrize("case", CASES)
def test_it_dies_again_and_again(case: str) -> None:
    turns, fields = CASES[case]
    lives = Lives(turns, fields, repeatable=frozenset({"s.*"}))
    lives.begin(3)
    for _ in range(200):
        if lives.ended:
            break
        lives.go_on(25)
    assert lives.ended
    assert lives.final["status"] == "completed"
    assert told(lives) == told(lived(case))


def test_what_was_open_is_closed_where_it_stands_and_the_turn_is_asked_without_it() -> None:
    lives = Lives([[said(reasoning="Hm."), *HELLO]])
    lives.begin(6)
    assert lives.log[-1]["delta"] == "lo"
    number = lives.log[-1]["sequence_number"]
    lives.go_on()
    output = lives.final["output"]
    texts = [item["content"][0]["text"] for item in output]
    assert texts == ["Hm.", "Hello", "Hm.", "Hello!"]
    assert [item["status"] for item in output] == ["completed", "incomplete", "completed", "completed"]
    assert lives.asked[0] == lives.asked[1]
    assert lives.log[number + 1]["type"] == "response.output_text.done"
    assert [event["sequence_number"] for event in lives.log] == list(range(len(lives.log)))


def crashed_while_calling(turns: Sequence[Sequence[Json]], **more: Any) -> Lives:
    """Dies when its first calls were just made."""
    lives = Lives(turns, TOOLS, **more)
    for moment in range(100):
        lives = Lives(turns, TOOLS, **more)
        lives.begin(moment)
        if lives.called and not lives.answered and lives.kept.waiting:
            return lives
    raise AssertionError("it never called")


def test_a_tool_that_only_reads_is_called_again() -> None:
    lives = crashed_while_calling([LOOKS, HELLO])
    lives.go_on()
    assert lives.called.count('look {"n": 1}') == 2
    calls = [item for item in lives.final["output"] if item["type"] == "mcp_call"]
    assert [item["output"] for item in calls] == ['look {"n": 1}', 'look {"n": 2}']


def test_of_another_the_model_is_told_that_its_outcome_is_unknown() -> None:
    lives = crashed_while_calling([PAYS, HELLO])
    lives.go_on()
    assert lives.called == ['pay {"n": 5}']
    (paid,) = [item for item in lives.final["output"] if item["type"] == "mcp_call"]
    assert (paid["status"], paid["error"]["content"][0]["text"]) == ("failed", UNKNOWN_OUTCOME)
    assert UNKNOWN_OUTCOME in lives.asked[-1][-1]["content"]
    assert lives.final["status"] == "completed"


@pytest.mark.parametrize("name", ["s.pay", "s.*"])
def test_the_operator_may_say_that_it_can_be_called_twice(name: str) -> None:
    lives = crashed_while_calling([PAYS, HELLO], repeatable=frozenset({name}))
    lives.go_on()
    assert lives.called == ['pay {"n": 5}'] * 2


def test_an_answer_that_came_before_an_earlier_one_is_not_asked_for_again() -> None:
    """Tools answer in any order; what waits behind an open item is kept with what it brought."""
    lives = Lives([LOOKS, HELLO], TOOLS)
    for moment in range(100):
        lives = Lives([LOOKS, HELLO], TOOLS)
        lives.begin(moment)
        if lives.kept.waiting and lives.answered and len(lives.called) == 2:
            break
    lives.go_on()
    assert sorted(lives.called) == ['look {"n": 1}', 'look {"n": 1}', 'look {"n": 2}']
    assert lives.final["status"] == "completed"


def test_servers_that_answered_are_not_asked_for_their_tools_again() -> None:
    lives = lived("two calls at once, and an answer")
    for moment in range(lives.count):
        again = Lives([LOOKS, HELLO], TOOLS, repeatable=frozenset({"s.*"}))
        again.begin(moment)
        was = any(event["type"] == "response.mcp_list_tools.completed" for event in again.log) and again.items
        again.go_on()
        assert again.listed == 1 or not was


CITED = "A page[cite:1] and more."


def search(_: CallTool) -> Outcome:
    page = Citable("Words.", {"type": "url_citation", "url": "https://a.example/", "title": "A"})
    return Outcome(sources=[page], shown={"results": [{"url": "https://a.example/"}]})


def test_what_was_found_can_be_cited_in_another_life() -> None:
    turns = [[call(0, "call_w", "web_search", '{"query": "a"}')], [said(content=CITED[:9]), said(content=CITED[9:])]]
    whole = Lives(turns, {"tools": [{"type": "web_search"}]}, search)
    whole.begin()
    for moment in range(whole.count):
        lives = Lives(turns, {"tools": [{"type": "web_search"}]}, search)
        lives.begin(moment)
        lives.go_on()
        part = lives.final["output"][-1]["content"][0]
        assert (part["text"], part["annotations"][0]["url"]) == ("A page and more.", "https://a.example/")
        assert told(lives) == told(whole)


def test_tools_that_were_searched_for_are_offered_in_another_life() -> None:
    deferred = {
        "type": "function",
        "name": "weather",
        "description": "Weather.",
        "parameters": {},
        "defer_loading": True,
    }
    fields = {"tools": [deferred, {"type": "tool_search"}, SERVER]}
    turns = [
        [call(0, "call_s", "tool_search", '{"query": "weather"}'), call(1, "call_a", "look", "{}")],
        [],  # What was found and what was looked at are told as two messages of the assistant's.
        [call(0, "call_w", "weather", "{}")],
    ]
    whole = Lives(turns, fields)
    whole.begin()
    for moment in range(whole.count):
        lives = Lives(turns, fields)
        lives.begin(moment)
        lives.go_on()
        assert lives.final["output"][-1]["name"] == "weather"
        assert told(lives) == told(whole)


def test_max_tool_calls_counts_over_lives() -> None:
    turns = [LOOKS, LOOKS, HELLO]
    whole = Lives(turns, {**TOOLS, "max_tool_calls": 3})
    whole.begin()
    assert len(whole.called) == 3
    for moment in range(whole.count):
        lives = Lives(turns, {**TOOLS, "max_tool_calls": 3})
        lives.begin(moment)
        under_way = len(lives.called) - len(lives.answered)
        lives.go_on()
        assert len(lives.called) - under_way <= 3
        assert lives.final["status"] == "completed"


@pytest.mark.parametrize("flushed", [True, False], ids=["seen", "unseen"])
def test_it_can_be_cancelled_wherever_it_was(*, flushed: bool) -> None:
    for moment in range(lived("turn after turn").count):
        lives = Lives([LOOKS, LOOKS, PAYS, HELLO], TOOLS)
        lives.begin(moment, flushed=flushed)
        if lives.ended or lives.log[-1]["type"] == "response.completed":
            continue
        kept = [item.id for item in lives.items]
        lives.go_on(ending=Cancelled())
        final = lives.final
        assert (final["status"], lives.log[-1]["type"]) == ("cancelled", "response.incomplete")
        assert [item["id"] for item in final["output"]][: len(kept)] == kept
        assert len(lives.asked) <= 4


def test_a_run_that_cannot_go_on_fails_in_its_stream() -> None:
    lives = Lives([LOOKS, HELLO], TOOLS)
    lives.begin(12)
    lives.go_on(ending=UpstreamFailed(NotFound("Response with id 'resp_0' not found.")))
    assert lives.final["error"]["message"] == "Response with id 'resp_0' not found."
    assert [event["type"] for event in lives.log[-2:]] == ["error", "response.failed"]


def test_an_answer_that_is_refused_has_failed() -> None:
    lives = Lives([HELLO], refusal=NotFound("Conversation with id 'conv_1' not found."))
    lives.begin()
    assert lives.ended
    assert lives.final["status"] == "failed"
    assert lives.final["output"][0]["content"][0]["text"] == "Hello!"


def test_the_state_holds_ids_and_no_history() -> None:
    lives = lived("turn after turn")
    kept = lives.state.decode()
    assert len(lives.kept.ids) == len(lives.items)
    assert not any(words in kept for words in ("Hello", "Let me", "I look", "arguments", '\\"n\\"'))
