import json
from pathlib import Path

import msgspec
import pytest
from engine_answers import Json, decode_chunk, planned, sources, told

from antiphon.engine.dialects import dialect
from antiphon.engine.notes import Notes
from antiphon.engine.prepare import Place, make_plan, read_request
from antiphon.engine.replies import UpstreamChunks, UpstreamDone, UpstreamOpened
from antiphon.engine.run import Run
from antiphon.engine.traits import Summary, Traits

ITEMS: list[Json] = [
    {"role": "user", "content": "a"},
    {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "first"}]},
    {"role": "assistant", "content": "b"},
    {"role": "user", "content": "c"},
    {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "second"}]},
    {"type": "function_call", "call_id": "x", "name": "f", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "x", "output": "d"},
]


@pytest.mark.parametrize(
    ("context", "thoughts"),
    [
        (None, ["first", "second"]),
        ("auto", ["first", "second"]),
        ("all_turns", ["first", "second"]),
        ("current_turn", ["second"]),
    ],
)
def test_which_thinking_goes_back(context: str | None, thoughts: list[str]) -> None:
    plan = planned("llamacpp", input=ITEMS, reasoning={"context": context})
    found = [message["reasoning_content"] for message in plan.body["messages"] if "reasoning_content" in message]
    assert found == thoughts
    assert not plan.notes.headers()


def test_thinking_without_a_question_is_of_this_turn() -> None:
    plan = planned("llamacpp", input=ITEMS[1:3], reasoning={"context": "current_turn"})
    assert plan.body["messages"][0]["reasoning_content"] == "first"
    assert msgspec.json.decode(plan.plan.input[0].raw) == ITEMS[1]


# --- summaries -----------------------------------------------------------------------------------------------


def thought_aloud(asked: Json, summary: Summary | None) -> tuple[list[str], Json, Notes]:
    """The events between, the reasoning item, and what was noted, of an answer that a model thought about."""
    made, notes = sources(), Notes()
    body = {"model": "m", "input": "hi", "store": False, "reasoning": asked}
    place = Place("up", "m", dialect("ollama"), Traits(reasoning_summary=summary))
    run = Run(make_plan(read_request(msgspec.json.encode(body), made), [], place, made, notes), made)
    said = [{"reasoning": "Hm, "}, {"reasoning": "well."}, {"content": "Hello!"}]
    chunks = [decode_chunk(msgspec.json.encode({"choices": [{"index": 0, "delta": delta}]})) for delta in said]
    answer = told(run, UpstreamOpened(), UpstreamChunks(chunks), UpstreamDone(marked=True))
    names = answer.names
    return names[: names.index("output_item.done") + 1], answer.output[0], notes


@pytest.mark.parametrize("member", ["summary", "generate_summary"])
@pytest.mark.parametrize("wish", ["auto", "concise", "detailed"])
def test_a_summary_is_the_thinking_itself_where_the_operator_says_so(member: str, wish: str) -> None:
    names, item, notes = thought_aloud({member: wish}, "text")
    assert names[1] == "reasoning_summary_part.added"
    assert (item["summary"], item["content"]) == ([{"type": "summary_text", "text": "Hm, well."}], [])
    assert notes.approximated == [f"reasoning.{member}"]


@pytest.mark.parametrize(
    ("asked", "summary"), [({"summary": "auto"}, None), ({"summary": "auto"}, "none"), ({}, "text")]
)
def test_without_both_wish_and_leave_thinking_stays_as_it_is(asked: Json, summary: Summary | None) -> None:
    names, item, notes = thought_aloud(asked, summary)
    assert names[1] == "content_part.added"
    assert (item["summary"], len(item["content"])) == ([], 1)
    assert notes.ignored == [f"reasoning.{name}" for name in asked]


def test_a_summary_comes_in_the_events_of_a_real_one(traces_dir: Path) -> None:
    text = (traces_dir / "openai" / "openai-reasoning-encrypted-content.1.chunks.txt").read_text()
    real = [str(json.loads(line)["type"]).removeprefix("response.") for line in text.splitlines() if line.strip()]
    end = real.index("output_item.done") + 1
    names, _, _ = thought_aloud({"summary": "auto"}, "text")
    assert list(dict.fromkeys(names)) == list(dict.fromkeys(real[2:end]))
