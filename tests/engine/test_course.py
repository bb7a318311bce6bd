"""The course of a run: what is asked turn by turn, and what came of all turns together."""

from typing import Any

import engine_answers
import msgspec

from antiphon.engine.belt import Belt
from antiphon.engine.course import MAX_TURNS, Course
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.turn import Turn

TOOL = {"type": "mcp", "server_label": "s", "server_url": "http://127.0.0.1/mcp", "require_approval": "never"}
LISTED = {"type": "mcp_list_tools", "id": "mcpl_1", "server_label": "s", "tools": [{"name": "add", "input_schema": {}}]}
HELLO = {"type": "message", "role": "user", "content": "hi"}


def course_of(**fields: Any) -> tuple[Course, Belt]:
    plan = engine_answers.planned(input=[HELLO, LISTED], tools=[TOOL], **fields).plan
    belt = Belt(plan.tools, plan.bindings, plan.choice, plan.deferred)
    for server in plan.servers:
        belt.add(server, server.listed or ())
    return Course(plan, engine_answers.sources()), belt


def calls_add(turn: Turn, said: str = "") -> None:
    """Let a turn say something and call `add`, and answer the call."""
    for chunk in [{"choices": [{"delta": {"content": said}}]}, engine_answers.call(0, "c", "add", "{}")]:
        turn.feed(engine_answers.decode_chunk(msgspec.json.encode(chunk)))
    turn.feed(engine_answers.decode_chunk(b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}'))
    turn.finish()
    (waiting,) = turn.waiting
    turn.answer(waiting, Outcome("5"))


def test_each_turn_is_asked_with_what_the_turns_before_said_and_did() -> None:
    course, belt = course_of()
    calls_add(course.next_turn(belt.bindings), "Let me see.")
    calls_add(course.next_turn(belt.bindings))
    course.next_turn(belt.bindings)
    roles = [(message["role"], message["content"]) for message in course.call(belt).body["messages"]]
    assert roles == [
        ("user", "hi"), ("assistant", "Let me see."), ("tool", "5"), ("assistant", None), ("tool", "5"),
    ]  # fmt: skip


def test_items_and_tokens_of_all_turns_are_together() -> None:
    course, belt = course_of()
    calls_add(course.next_turn(belt.bindings), "Let me see.")
    calls_add(course.next_turn(belt.bindings))
    types = [msgspec.json.decode(item)["type"] for item in course.output]
    assert types == ["message", "mcp_call", "mcp_call"]
    assert course.usage is not None
    assert (course.usage.input_tokens, course.usage.output_tokens, course.usage.total_tokens) == (6, 4, 10)


def test_without_word_of_tokens_there_is_no_usage() -> None:
    course, belt = course_of()
    course.next_turn(belt.bindings)
    assert course.usage is None


def test_calls_are_counted_and_then_none_is_offered() -> None:
    course, belt = course_of(max_tool_calls=1, parallel_tool_calls=False, tool_choice="required")
    course.next_turn(belt.bindings)
    body = course.call(belt).body
    assert (body["tool_choice"], body["parallel_tool_calls"]) == ("required", False)
    assert [course.may_call(), course.may_call()] == [True, False]
    body = course.call(belt).body
    assert not {"tools", "tool_choice", "parallel_tool_calls"} & body.keys()


def test_without_a_limit_calls_are_always_allowed() -> None:
    course, _ = course_of()
    assert all(course.may_call() for _ in range(100))


def test_a_model_that_never_stops_calling_is_offered_nothing_in_the_end() -> None:
    course, belt = course_of()
    for _ in range(MAX_TURNS):
        course.next_turn(belt.bindings)
    assert "tools" in course.call(belt).body
    course.next_turn(belt.bindings)
    assert "tools" not in course.call(belt).body
