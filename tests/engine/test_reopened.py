"""What an interrupted turn left open is closed: after any event of any item, the stream stays in order."""

from typing import Any

import msgspec
import pytest
from engine_answers import Json, call, decode_chunk, emitted, planned, sources

from antiphon.engine.reopened import closing, seen_in
from antiphon.engine.replies import UpstreamChunks, UpstreamOpened
from antiphon.engine.run import Run
from antiphon.testing import check_stream

TOOLS: list[Json] = [
    {"type": "function", "name": "mine", "parameters": {}},
    {"type": "custom", "name": "free"},
    {"type": "code_interpreter", "container": {"type": "auto"}},
    {"type": "web_search"},
    {"type": "image_generation"},
    {"type": "shell", "environment": {"type": "local"}},
    {"type": "apply_patch"},
]


def text(**delta: Any) -> Json:
    return {"choices": [{"index": 0, "delta": delta}]}


TURNS: dict[str, list[Json]] = {
    "text": [text(content="Hel"), text(content="lo")],
    "text, and its refusal": [text(content="Hel"), text(refusal="I can"), text(refusal="not.")],
    "a citation": [
        text(content="Hello"),
        text(annotations=[{"type": "url_citation", "url_citation": {"url": "https://a.example/", "title": "A"}}]),
    ],
    "thoughts": [text(reasoning="Let "), text(reasoning="me see."), text(content="Well")],
    "a function": [call(0, "call_1", "mine", '{"a"'), call(0, None, None, ": 1}")],
    "a custom tool": [call(0, "call_1", "free", '{"input": "ab'), call(0, None, None, 'c\\n d"}')],
    "code": [call(0, "call_1", "python", '{"code": "1 +'), call(0, None, None, ' 1"}')],
    "a search": [call(0, "call_1", "web_search", '{"query": "a"}')],
    "a picture": [call(0, "call_1", "image_generation", '{"prompt": "a"}')],
    "a shell": [call(0, "call_1", "shell", '{"commands": ["ls"]}')],
    "a patch": [call(0, "call_1", "apply_patch", '{"type": "delete_file", "path": "a"}')],
    "two calls": [call(0, "call_1", "mine", "{}"), call(1, "call_2", "mine", '{"a"')],
}


def begun(chunks: list[Json], **fields: Any) -> tuple[Run, list[Json]]:
    """A run in the middle of a turn, and its events so far."""
    run = Run(planned(store=False, background=True, **fields).plan, sources())
    events = emitted([*run.start(), *run.handle(UpstreamOpened())])
    for chunk in chunks:
        events += emitted(run.handle(UpstreamChunks([decode_chunk(msgspec.json.encode(chunk))])))
    return run, events


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("summary", [None, "auto"])
def test_what_was_open_is_closed_incomplete(turn: str, summary: str | None) -> None:
    fields: Json = {"reasoning": {"summary": summary}} if summary else {}
    for size in range(1, len(TURNS[turn]) + 1):
        _, events = begun(TURNS[turn][:size], tools=TOOLS, **fields)
        seen = seen_in(events, 0)
        closed = emitted_later(events, seen)
        output = [event["item"] for event in closed if event["type"] == "response.output_item.done"]
        final = {**events[0]["response"], "status": "cancelled", "output": output}
        last = {"type": "response.incomplete", "response": final, "sequence_number": len(closed)}
        check_stream([*closed, last])
        assert len(output) == len(seen.items) + (seen.open is not None)
        if seen.open is not None:
            assert output[-1]["id"] == seen.open["id"]
            assert output[-1].get("status") in {"incomplete", "in_progress", "failed"}


def emitted_later(events: list[Json], seen: Any) -> list[Json]:
    """The events, and those that close what is open, numbered."""
    more = [msgspec.json.decode(msgspec.json.encode(event)) for event in closing(seen)]
    return [*events, *({**event, "sequence_number": seen.last + 1 + at} for at, event in enumerate(more))]


def test_what_is_known_already_is_not_counted() -> None:
    _, events = begun(TURNS["thoughts"])
    done = next(event["sequence_number"] for event in events if event["type"] == "response.output_item.done")
    assert [len(seen_in(events, since).items) for since in (0, done, done + 1)] == [1, 1, 0]
    assert seen_in(events, 0).begun
    assert closing(seen_in(events[:3], 0)) != []
    assert closing(seen_in([], 0)) == []


def test_the_text_so_far_is_in_the_item() -> None:
    _, events = begun(TURNS["text"])
    *_, done = closing(seen_in(events, 0))
    item = msgspec.json.decode(msgspec.json.encode(done))["item"]
    assert (item["content"][0]["text"], item["status"]) == ("Hello", "incomplete")
