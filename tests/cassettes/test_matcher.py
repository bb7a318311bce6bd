from typing import Any

import pytest
from cassettes.tapes import asked, chat, interaction

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.matcher import Matcher, Matching
from antiphon.cassettes.rules import read_rule

EXACT, CANONICAL, CONVERSATION = (Matcher(kind) for kind in Matching)

CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def talk(**changed: Any) -> dict[str, Any]:
    """A conversation with a tool call; `changed` are members of its result, or of the body."""
    result = {"role": "tool", "tool_call_id": "call_1", "content": "42"}
    result |= {name: changed.pop(name) for name in list(changed) if name in result}
    said = [{"role": "user", "content": "How many?"}, {"role": "assistant", "content": None, "tool_calls": [CALL]}]
    return {"model": "m", "stream": True, "messages": [*said, result], **changed}


def equal(matcher: Matcher, one: Any, other: Any) -> bool:
    return matcher.key(asked(one)) == matcher.key(asked(other))


@pytest.mark.parametrize(
    ("other", "exact", "canonical", "conversation"),
    [
        (dict(reversed(talk().items())), True, True, True),
        (talk(seed=None), False, True, True),
        (talk(content="43"), False, False, True),
        (talk(temperature=1), False, False, True),
        (talk(tool_call_id="call_2"), False, False, False),
        (talk(model="n"), False, False, False),
        (talk(stream=False), False, False, False),
        (talk(messages=[{"role": "user", "content": "How many?"}]), False, False, False),
    ],
)
def test_how_closely_requests_are_compared(
    other: dict[str, Any], *, exact: bool, canonical: bool, conversation: bool
) -> None:
    found = [equal(matcher, talk(), other) for matcher in (EXACT, CANONICAL, CONVERSATION)]
    assert found == [exact, canonical, conversation]


def test_number_forms_are_told_apart_by_exact_alone() -> None:
    assert not equal(EXACT, chat("hi", top_p=1), chat("hi", top_p=1.0))
    assert equal(CANONICAL, chat("hi", top_p=1), chat("hi", top_p=1.0))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"model": "m", "input": "hi"}, {"model": "m", "input": "hi", "seed": 1}, True),
        ({"model": "m", "input": "hi"}, {"model": "m", "input": "ho"}, False),
        ({"input": [{"type": "function_call_output", "call_id": "a", "output": "1"}]},
         {"input": [{"type": "function_call_output", "call_id": "a", "output": "2"}]}, True),
        ({"input": [{"type": "function_call", "call_id": "a", "name": "f"}]},
         {"input": [{"type": "function_call", "call_id": "a", "name": "g"}]}, False),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "1"}]}]},
         {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "2"}]}]}, True),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]},
         {"messages": [{"role": "user", "content": [{"type": "text", "text": "ho"}]}]}, False),
        ({"messages": [], "system": "a"}, {"messages": [], "system": "b"}, False),
        ({"vector": [1]}, {"vector": [2]}, False),
        (b"one", b"two", False),
        (b"one", b"one", True),
    ],
)  # fmt: skip
def test_conversations_of_other_kinds(one: Any, other: Any, *, same: bool) -> None:
    assert equal(CONVERSATION, one, other) == same


def test_rules_hold_for_both_sides() -> None:
    matcher = Matcher(rules=(read_rule("ignore seed"), read_rule("map model a b")))
    assert equal(matcher, chat("hi", seed=1), chat("hi", seed=2))
    assert equal(matcher, chat("hi", model="a"), chat("hi", model="b"))
    assert not equal(matcher, chat("hi"), chat("ho"))
    assert equal(matcher, b"no JSON", b"no JSON")


def test_equal_conversations_are_told_apart_by_the_rest_then_by_order() -> None:
    tape = [interaction(talk(content=text), number=n) for n, text in enumerate(("about 40", "41", "42", "42"), 1)]
    cassette = Cassette("tape", 5, tape, matcher=CONVERSATION)
    found = [cassette.find(asked(talk(content="42"))) for _ in range(5)]
    assert [match.interaction.number for match in found if match][:2] == [3, 4]
    assert found[4] is not None
    assert (found[4].interaction.number, found[4].repeated) == (3, True)
    assert cassette.find(asked(talk(content="42")), repeats=False) is None
