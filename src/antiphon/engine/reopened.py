"""What clients saw of an interrupted turn, read off its events: the items that were done, and the one that stayed open.

That one is closed `incomplete` where it stands; the turn is asked again without any of them. Pure. Not here: which
events those are (`store/runs.py` keeps the log). Counterpart: `resuming.py`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from antiphon.engine.open_items import (
    Citation,
    MessageItem,
    Piece,
    ReasoningItem,
    Refusal,
    SummarisedItem,
    Text,
    Thought,
)
from antiphon.wire import events as ev

Json = dict[str, Any]

ADDED, DONE = "response.output_item.added", "response.output_item.done"

PIECES: dict[str, Callable[[Json], Piece]] = {
    "response.output_text.delta": lambda event: Text(event["delta"], _logprobs(event)),
    "response.output_text.annotation.added": lambda event: Citation(event["annotation"]),
    "response.refusal.delta": lambda event: Refusal(event["delta"]),
    "response.reasoning_text.delta": lambda event: Thought(event["delta"]),
    "response.reasoning_summary_text.delta": lambda event: Thought(event["delta"]),
}
"""Pieces of words by the events that told them."""

ARGUMENTS: dict[str, tuple[str, str, Callable[..., ev.Event]]] = {
    "function_call": ("function_call_arguments", "arguments", ev.FunctionCallArgumentsDone),
    "custom_tool_call": ("custom_tool_call_input", "input", ev.CustomToolCallInputDone),
    "mcp_call": ("mcp_call_arguments", "arguments", ev.McpCallArgumentsDone),
    "code_interpreter_call": ("code_interpreter_call_code", "code", ev.CodeDone),
}
"""Calls whose arguments are streamed: the stem of their events, the member that holds them, and their end."""

UNFINISHED = {"apply_patch_call": "in_progress", "image_generation_call": "failed"}
"""The status of types that know no `incomplete`."""


@dataclass(slots=True)
class Seen:
    """What the events tell. `items` are done; `open` was added, and `told` came of it since."""

    items: list[msgspec.Raw] = field(default_factory=list)
    begun: bool = False
    last: int = -1
    open: Json | None = None
    index: int = -1
    told: list[Json] = field(default_factory=list)


def seen_in(events: Iterable[Json], since: int) -> Seen:
    """Read events, in order. The items of those numbered before `since` are known already."""
    seen = Seen()
    for event in events:
        seen.last = event["sequence_number"]
        match event["type"]:
            case "response.in_progress":
                seen.begun = True
            case kind if kind == ADDED:
                seen.open, seen.index, seen.told = event["item"], event["output_index"], []
            case kind if kind == DONE:
                seen.open = None
                if seen.last >= since:
                    seen.items.append(msgspec.Raw(msgspec.json.encode(event["item"])))
            case _:
                seen.told.append(event)
    return seen


def closing(seen: Seen) -> list[ev.Event]:
    """Events that close the open item, as incomplete."""
    item = seen.open
    if item is None:
        return []
    if item["type"] == "message":
        return _words(MessageItem(item["id"]), seen)
    if item["type"] == "reasoning":
        summarised = any("summary" in event["type"] for event in seen.told)
        return _words(SummarisedItem(item["id"]) if summarised else ReasoningItem(item["id"]), seen)
    return _call(item, seen)


def _words(item: MessageItem | ReasoningItem, seen: Seen) -> list[ev.Event]:
    item.open(seen.index, ())
    for event in seen.told:
        if event["type"] in PIECES:
            item.delta(PIECES[event["type"]](event))
    return item.close("incomplete")


def _call(item: Json, seen: Seen) -> list[ev.Event]:
    kind = item["type"]
    events: list[ev.Event] = []
    if kind in ARGUMENTS:
        stem, member, done = ARGUMENTS[kind]
        said = _joined(seen.told, f"response.{stem}.delta")
        item = {**item, member: said}
        if not any(event["type"] == f"response.{stem}.done" for event in seen.told):
            name = {"name": item["name"]} if kind == "function_call" else {}
            events.append(done(item_id=item["id"], output_index=seen.index, **name, **{member: said}))
    if "status" in item:
        item = {**item, "status": UNFINISHED.get(kind, "incomplete")}
    raw = msgspec.Raw(msgspec.json.encode(item))
    return [*events, ev.OutputItemDone(output_index=seen.index, item=raw)]


def _joined(told: Sequence[Json], kind: str) -> str:
    return "".join(event["delta"] for event in told if event["type"] == kind)


def _logprobs(event: Json) -> Sequence[Any]:
    """As they travel: they go back out as they are."""
    return event.get("logprobs") or ()
