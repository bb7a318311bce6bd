"""Whole answers made by the engine, for its tests: each stream is checked and judged as it is made.

A chunk is the JSON object that an upstream would send. Not here: HTTP, SSE. Import as `engine_answers`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import judge
import msgspec

from antiphon.engine.commands import Command, Emit
from antiphon.engine.dialects import dialect
from antiphon.engine.notes import Notes
from antiphon.engine.own import Own
from antiphon.engine.plan import Plan
from antiphon.engine.prepare import Place, make_plan, read_request
from antiphon.engine.replies import Reply, UpstreamChunks, UpstreamDone, UpstreamOpened
from antiphon.engine.run import Run
from antiphon.sources import Sources, seeded
from antiphon.testing import check_response, check_stream
from antiphon.wire.chat import ChatChunk

Json = dict[str, Any]

decode_chunk = msgspec.json.Decoder(ChatChunk).decode


def sources() -> Sources:
    return seeded("test", 1_700_000_000)


@dataclass
class Planned:
    """A plan, and what was noted while it was made."""

    plan: Plan
    notes: Notes

    @property
    def body(self) -> Json:
        """What the upstream is sent."""
        return self.plan.call.body

    @property
    def response(self) -> Json:
        """The response object at the start, checked and judged."""
        data: Json = msgspec.json.decode(msgspec.json.encode(self.plan.response))
        judge.judge_response(data)
        check_response(data)
        return data


def planned(provider: str = "openai", **fields: Any) -> Planned:
    """The plan for a request with these fields, on a server that is set up for all its own tools."""
    made = sources()
    asked = read_request(msgspec.json.encode({"model": "m", "input": "hi", **fields}), made)
    notes = Notes()
    own = Own(frozenset({"code_interpreter", "file_search", "image_generation", "web_search"}))
    return Planned(make_plan(asked, [], Place("up", "m", dialect(provider)), made, notes, own), notes)


@dataclass
class Answered:
    """One answer: its final response and the events of its stream, as JSON objects."""

    final: Json
    events: list[Json]

    @property
    def output(self) -> list[Json]:
        output: list[Json] = self.final["output"]
        return output

    @property
    def names(self) -> list[str]:
        """The events' types without `response.`, from the first item on."""
        return [str(event["type"]).removeprefix("response.") for event in self.events[2:]]

    @property
    def said(self) -> list[tuple[str, str]]:
        """The output in short: `text`, `refusal`, `thought` or a call's name, with what was said."""
        return [short for item in self.output for short in _short(item)]


def _short(item: Json) -> list[tuple[str, str]]:
    if item["type"] == "function_call":
        return [(item["name"], item["arguments"])]
    if item["type"] == "reasoning":
        return [("thought", part["text"]) for part in item["content"]]
    return [
        ("refusal", part["refusal"]) if part["type"] == "refusal" else ("text", part["text"])
        for part in item["content"]
    ]


def emitted(commands: Sequence[Command]) -> list[Json]:
    """The JSON objects of the events among `commands`."""
    return [
        msgspec.json.decode(msgspec.json.encode(event))
        for command in commands
        if isinstance(command, Emit)
        for event in command.events
    ]


def told(run: Run, *replies: Reply) -> Answered:
    """What a run answers to these replies; its stream must end with them."""
    events = emitted(run.start())
    for reply in replies:
        events += emitted(run.handle(reply))
    return checked(events)


def checked(events: list[Json]) -> Answered:
    final = check_stream(events)
    for event in events:
        judge.judge_event(event)
    judge.judge_response(final)
    return Answered(dict(final), events)


def answered(*chunks: Json, marked: bool = True, together: bool = False, **fields: Any) -> Answered:
    """The answer made of these chunks, each read by itself or all `together`, to a request with these fields."""
    run = Run(planned(store=False, **fields).plan, sources())
    read = [decode_chunk(msgspec.json.encode(chunk)) for chunk in chunks]
    batches = [read] if together else [[chunk] for chunk in read]
    return told(run, UpstreamOpened(), *map(UpstreamChunks, batches), UpstreamDone(marked=marked))


def call(index: int | None = 0, key: str | None = None, name: str | None = None, arguments: Any = None) -> Json:
    """A chunk with a piece of one tool call; what is None is left out."""
    return {"choices": [{"index": 0, "delta": {"tool_calls": [piece(index, key, name, arguments)]}}]}


def piece(index: int | None = 0, key: str | None = None, name: str | None = None, arguments: Any = None) -> Json:
    """A piece of one tool call; what is None is left out."""
    function = {"name": name, "arguments": arguments}
    said = {"index": index, "id": key, "function": {key: value for key, value in function.items() if value is not None}}
    return {key: value for key, value in said.items() if value not in (None, {})}
