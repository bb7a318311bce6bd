"""Tool calls as providers stream them, each answer checked as a whole stream."""

import pytest
from engine_answers import Json, answered, call, piece

from antiphon.testing.playbook import said

PAIR = [("f", '{"a":1}'), ("g", '{"b":[2]}')]
ENDED = said(finish="tool_calls")
STOP = said(finish="stop")


def test_arguments_are_streamed_and_done_with_the_name() -> None:
    answer = answered(call(0, "c1", "f", ""), call(0, arguments='{"a":'), call(0, arguments="1}"), ENDED)
    assert answer.names == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]
    done = answer.events[-3]
    assert (done["name"], done["arguments"]) == ("f", '{"a":1}')
    assert answer.output[0]["call_id"] == "c1"


TWO_CALLS: dict[str, tuple[list[Json], list[str | None]]] = {
    "by index": (
        [call(0, "c1", "f", '{"a":1}'), call(1, "c2", "g", '{"b":[2]}')],
        ["c1", "c2"],
    ),
    "in one chunk": (
        [said(tool_calls=[piece(0, "c1", "f", '{"a":1}'), piece(1, "c2", "g", '{"b":[2]}')])],
        ["c1", "c2"],
    ),
    "in one chunk, at index 0": (
        [said(tool_calls=[piece(0, "c1", "f", '{"a":1}'), piece(0, "c2", "g", '{"b":[2]}')])],
        ["c1", "c2"],
    ),
    "at index 0, in pieces": (
        [call(0, "c1", "f"), call(0, arguments='{"a":1}'), call(0, "c2", "g"), call(0, arguments='{"b":[2]}')],
        ["c1", "c2"],
    ),
    "at index 0, interleaved by id": (
        [
            call(0, "c1", "f", '{"a"'),
            call(0, "c2", "g", '{"b":'),
            call(0, "c1", arguments=":1}"),
            call(0, "c2", arguments="[2]}"),
        ],
        ["c1", "c2"],
    ),
    "at index 0, the second's id known": (
        [call(0, None, "f", '{"a":1}'), call(0, "c2", "g", '{"b":[2]}')],
        [None, "c2"],
    ),
    "at index 0, without ids": (
        [call(0, None, "f", '{"a":1}'), call(0, None, "g", '{"b":'), call(0, arguments="[2]}")],
        [None, None],
    ),
    "without index": (
        [call(None, "c1", "f", '{"a":'), call(None, arguments="1}"), call(None, "c2", "g", '{"b":[2]}')],
        ["c1", "c2"],
    ),
    "without index but once": (
        [call(0, "c1", "f"), call(None, arguments='{"a":1}'), call(1, "c2", "g"), call(None, arguments='{"b":[2]}')],
        ["c1", "c2"],
    ),
    "without index or id": (
        [call(None, None, "f", '{"a":1}'), call(None, None, "g", '{"b":[2]}')],
        [None, None],
    ),
    "ids late": (
        [
            call(0, None, "f", '{"a":'),
            call(0, "c1", None, "1}"),
            call(1, None, "g", "{"),
            call(1, "c2", None, '"b":[2]}'),
        ],
        ["c1", "c2"],
    ),
    "ids after the name, before the arguments": (
        [call(0, None, "f"), call(0, "c1"), call(0, arguments='{"a":1}'), call(1, "c2", "g", '{"b":[2]}')],
        ["c1", "c2"],
    ),
    "ids never": (
        [call(0, None, "f", '{"a":'), call(0, arguments="1}"), call(1, None, "g", '{"b":[2]}')],
        [None, None],
    ),
    "ids empty": (
        [call(0, "", "f", '{"a":1}'), call(1, "", "g", '{"b":[2]}')],
        [None, None],
    ),
    "the same id for all": (
        [call(0, "0", "f", '{"a":'), call(0, "0", None, "1}"), call(1, "0", "g", '{"b":[2]}')],
        ["0", None],
    ),
    "the same id for all, at index 0": (
        [call(0, "0", "f", '{"a":'), call(0, "0", None, "1}"), call(0, "0", "g", '{"b":[2]}')],
        ["0", None],
    ),
    "the id in every chunk": (
        [
            call(0, "c1", "f", '{"a":'),
            call(0, "c1", None, "1}"),
            call(1, "c2", "g", '{"b":'),
            call(1, "c2", None, "[2]}"),
        ],
        ["c1", "c2"],
    ),
    "a new id in every chunk": (
        [
            call(0, "c1", "f", '{"a":'),
            call(0, "c1b", None, "1}"),
            call(0, "c1c", None, ""),
            call(1, "c2", "g", '{"b":[2]}'),
        ],
        ["c1", "c2"],
    ),
    "the name in every chunk": (
        [
            call(0, "c1", "f", '{"a":'),
            call(0, "c1", "f", "1}"),
            call(0, "c1", "f", ""),
            call(1, "c2", "g", '{"b":'),
            call(1, "c2", "g", "[2]}"),
        ],
        ["c1", "c2"],
    ),
    "the name in every chunk, without ids": (
        [
            call(0, None, "f", '{"a":'),
            call(0, None, "f", "1}"),
            call(0, None, "f", ""),
            call(1, None, "g", '{"b":[2]}'),
        ],
        [None, None],
    ),
    "arguments as objects": (
        [call(0, "c1", "f", {"a": 1}), call(1, "c2", "g", {"b": [2]})],
        ["c1", "c2"],
    ),
    "interleaved": (
        [call(0, "c1", "f", '{"a"'), call(1, "c2", "g", '{"b":'), call(0, arguments=":1}"), call(1, arguments="[2]}")],
        ["c1", "c2"],
    ),
    "begun together, then interleaved": (
        [
            said(tool_calls=[piece(0, "c1", "f"), piece(1, "c2", "g")]),
            said(tool_calls=[piece(0, arguments='{"a"'), piece(1, arguments='{"b":')]),
            said(tool_calls=[piece(1, arguments="[2]}"), piece(0, arguments=":1}")]),
        ],
        ["c1", "c2"],
    ),
    "with wide gaps between indexes": (
        [call(7, "c1", "f", '{"a":1}'), call(3, "c2", "g", '{"b":'), call(None, arguments="[2]}")],
        ["c1", "c2"],
    ),
}


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("form", TWO_CALLS)
def test_two_calls(form: str, *, together: bool) -> None:
    chunks, ids = TWO_CALLS[form]
    answer = answered(*chunks, ENDED, together=together)
    assert answer.said == PAIR
    found = [item["call_id"] for item in answer.output]
    assert [known if known in ids else None for known in found] == ids
    assert len(set(found)) == 2
    assert all(found)


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("form", TWO_CALLS)
def test_of_two_calls_the_first_is_kept_where_one_is_wanted(form: str, *, together: bool) -> None:
    chunks, ids = TWO_CALLS[form]
    answer = answered(*chunks, ENDED, together=together, parallel_tool_calls=False)
    assert answer.said == PAIR[:1]
    assert ids[0] in (answer.output[0]["call_id"], None)


def test_a_call_without_a_name_behind_the_one_that_is_wanted_is_nothing() -> None:
    answer = answered(call(0, "c1", "f", "{}"), call(1, "c2", None, "{}"), ENDED, parallel_tool_calls=False)
    assert answer.said == [("f", "{}")]


def test_two_calls_of_one_function() -> None:
    chunk = call(0, None, "f", '{"a":1}')
    assert answered(chunk, chunk, ENDED).said == [("f", '{"a":1}')] * 2


def test_a_call_id_that_the_context_holds_is_not_used_again() -> None:
    before = [
        {"type": "function_call", "call_id": "call_0", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "call_0", "output": "1"},
    ]
    answer = answered(call(0, "call_0", "f", "{}"), ENDED, input=before)
    assert answer.output[0]["call_id"] not in {"call_0", ""}


@pytest.mark.parametrize("arguments", [None, "", " "])
def test_a_call_without_arguments_has_an_empty_object(arguments: str | None) -> None:
    answer = answered(call(0, "c1", "f", arguments), ENDED)
    name, sent = answer.said[0]
    assert (name, sent.strip()) == ("f", "{}")


def test_calls_without_arguments_in_a_row() -> None:
    answer = answered(call(0, "c1", "f", ""), call(1, "c2", "g", ""), call(2, "c3", "h", "{}"), ENDED)
    assert answer.said == [("f", "{}"), ("g", "{}"), ("h", "{}")]


def test_a_name_in_pieces() -> None:
    answer = answered(call(0, "c1", "get_"), call(0, "c1", "weather"), call(0, "c1", None, "{}"), ENDED)
    assert answer.said == [("get_weather", "{}")]


def test_the_older_function_call_is_a_call() -> None:
    answer = answered(
        said(function_call={"name": "f", "arguments": ""}),
        said(function_call={"arguments": "{}"}),
        said(finish="function_call"),
    )
    assert answer.said == [("f", "{}")]


def test_empty_deltas_of_calls_are_nothing() -> None:
    answer = answered(said(content="a"), said(content="b", tool_calls=[]), said(tool_calls=[{"index": 0}]), STOP)
    assert answer.said == [("text", "ab")]
    assert answer.final["status"] == "completed"


def test_arguments_that_nest_absurdly_are_passed_on() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    answer = answered(call(0, None, "f", deep), call(1, None, "g", "{}"), ENDED)
    assert answer.said == [("f", deep), ("g", "{}")]


def test_calls_that_a_limit_cut_are_incomplete() -> None:
    answer = answered(
        call(0, "c1", "f", '{"a":1}'), call(1, "c2", "g", '{"b'), call(2, "c3", "h", '{"c'), said(finish="length")
    )
    assert [item["status"] for item in answer.output] == ["completed", "incomplete", "incomplete"]
    assert answer.final["status"] == "incomplete"


def test_a_name_that_a_limit_cut_off_is_no_fault() -> None:
    answer = answered(said(content="x"), call(0, "c1", arguments=""), said(finish="length"))
    assert answer.final["incomplete_details"] == {"reason": "max_output_tokens"}
    assert answer.said == [("text", "x")]
