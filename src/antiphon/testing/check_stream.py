"""The checker of one Responses stream: the law of the wire as an executable.

`check_stream` takes the events (or the raw bytes) of a whole stream and names the first rule that is
broken, by its key in `violation.RULES`. It knows nothing of the program that sent them.

Not here: what lies inside one item (`open_item`), the answer as a whole (`check_response`), field types.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from antiphon.testing.check_response import check_response
from antiphon.testing.grammar import NEVER, Expression, expected, may_end, step, words
from antiphon.testing.item_rules import RESUMED, SEALED, STREAM
from antiphon.testing.open_item import KNOWN, OpenItem, short_name
from antiphon.testing.violation import StreamViolation, demand, shown

Event = Mapping[str, Any]

_SNAPSHOT_STATUSES: Mapping[str, frozenset[str]] = {
    "response.created": frozenset({"in_progress", "queued"}),
    "response.queued": frozenset({"queued"}),
    "response.in_progress": frozenset({"in_progress"}),
    "response.completed": frozenset({"completed"}),
    "response.incomplete": frozenset({"incomplete", "cancelled"}),
    "response.failed": frozenset({"failed"}),
}
_TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})
_ENVELOPE = words(STREAM) - {"item"}
_UNCHANGED = ("id", "created_at", "model")


def check_stream(
    events: bytes | Iterable[Event] | Iterable[bytes], *, start: int = 0, order_only: bool = False
) -> Event:
    """Check one whole stream and give back its final response.

    `events` is the stream's JSON objects, or its raw SSE bytes, whole or in pieces. `start` is the first
    sequence number due, for a stream that was resumed: items that began earlier are then checked at
    their end only. `order_only` leaves out `check_response` of the final response.
    Raises `StreamViolation`, an AssertionError, with the rule, the reason, and the event's place.
    """
    stream = _Stream(start)
    index, event = -1, None
    try:
        for index, event in enumerate(_parsed(events)):  # noqa: B007 - the place of a violation
            stream.take(event)
    except StreamViolation as violation:
        raise violation.at(index, event) from None
    response = stream.finish()
    return response if order_only else check_response(response)


def parse_sse(data: bytes) -> list[dict[str, Any]]:
    """The JSON objects of an SSE stream's messages, in order; comment lines are passed over.

    Raises `StreamViolation` (rule `sse`) where a message has no `event:` line, or one that isn't its
    data's type, where data is no JSON object, at a `[DONE]` line, and where the last message is cut.
    """
    text = data.decode().replace("\r\n", "\n")
    *blocks, rest = text.split("\n\n")
    demand(not rest.strip("\n"), "sse", f"the stream breaks off inside a message: {shown(rest)}")
    messages = [_parse_message(index, block) for index, block in enumerate(blocks)]
    return [message for message in messages if message is not None]


def _parse_message(index: int, block: str) -> dict[str, Any] | None:
    lines = [line for line in block.split("\n") if line and not line.startswith(":")]
    if not lines:
        return None
    try:
        return _parse_lines(lines)
    except StreamViolation as violation:
        raise violation.at(index, None) from None


def _parse_lines(lines: list[str]) -> dict[str, Any]:
    fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
    names = [field[0] for field in fields]
    demand(names == ["event", "data"], "sse", f"a message has the lines {names}, due is event, then data")
    name, data = fields[0][1], fields[1][1]
    demand(data != "[DONE]", "sse", "a Responses stream has no [DONE] line")
    try:
        parsed = json.loads(data)
    except ValueError as error:
        raise StreamViolation("sse", f"data is not JSON ({error}): {shown(data)}") from None
    demand(isinstance(parsed, dict), "sse", f"data is {shown(parsed)}, not an object")
    demand(parsed.get("type") == name, "sse", f"the event line says {name}, the data {shown(parsed.get('type'))}")
    return dict(parsed)


def _parsed(events: bytes | Iterable[Event] | Iterable[bytes]) -> list[Event]:
    if isinstance(events, bytes):
        return list(parse_sse(events))
    listed: list[Any] = list(events)
    if listed and isinstance(listed[0], bytes):
        return list(parse_sse(b"".join(listed)))
    for index, event in enumerate(listed):
        if not isinstance(event, Mapping):
            raise StreamViolation("event", f"{shown(event)} is not an object").at(index, None)
    return listed


class _Stream:
    """What has been seen of one stream so far."""

    def __init__(self, start: int) -> None:
        self._sequence = start
        self._resumed = start > 0
        self._envelope = RESUMED if self._resumed else STREAM
        self._snapshot: Event | None = None
        self._open: OpenItem | None = None
        self._done: dict[int, Event] = {}
        self._ids: set[str] = set()

    def take(self, event: Event) -> None:
        """Check the next event."""
        demand(isinstance(event.get("type"), str), "event", f"{shown(event)} has no type")
        number = event.get("sequence_number")
        demand(number == self._sequence, "sequence", f"sequence_number is {shown(number)}, {self._sequence} was due")
        self._sequence += 1
        self._demand_envelope(event["type"])
        match event["type"]:
            case "error":
                _demand_error(event)
            case "response.output_item.added":
                self._add_item(event)
            case "response.output_item.done":
                self._finish_item(event)
            case kind if kind in _SNAPSHOT_STATUSES:
                self._take_snapshot(event)
            case _:
                self._take_item_event(event)

    def finish(self) -> Event:
        """Check that the stream is complete; the final response."""
        complete = may_end(self._envelope) and self._snapshot is not None
        demand(complete, "envelope", f"the stream ends where {_list(self._envelope)} was due")
        return self._snapshot or {}

    def _demand_envelope(self, kind: str) -> None:
        after = step(self._envelope, kind if kind in _ENVELOPE else "item")
        if after == NEVER:
            raise StreamViolation("envelope", f"{kind} came where {_list(self._envelope)} was due")
        self._envelope = after

    def _take_snapshot(self, event: Event) -> None:
        response, kind = event.get("response"), event["type"]
        if not isinstance(response, Mapping):
            raise StreamViolation("snapshot", f"response is {shown(response)}, not an object")
        self._demand_same_snapshot(response)
        self._snapshot = response
        status, right = response.get("status"), _SNAPSHOT_STATUSES[kind]
        demand(status in right, "status", f"{kind} carries status {shown(status)}, due is {' or '.join(sorted(right))}")
        if kind in _TERMINAL:
            self._demand_final_output(response)
        else:
            output = response.get("output")
            demand(output == [], "snapshot", f"output is {shown(output)} before any item was added")

    def _demand_same_snapshot(self, response: Event) -> None:
        before = self._snapshot
        if before is None:
            return
        for key in _UNCHANGED:
            demand(before.get(key) == response.get(key), "snapshot", f"{key} changed to {shown(response.get(key))}")
        differ = sorted(before.keys() ^ response.keys())
        demand(not differ, "snapshot", f"fields not in every snapshot: {', '.join(differ)}")

    def _add_item(self, event: Event) -> None:
        item, index = _item(event), event.get("output_index")
        if self._open is not None:
            raise StreamViolation("item-order", f"added before the item at {self._open.output_index} was done")
        demand(item.get("id") not in self._ids, "item-order", f"the item {shown(item.get('id'))} was added before")
        if not (self._resumed and not self._done):
            due = max(self._done, default=-1) + 1
            demand(index == due, "output-index", f"output_index is {shown(index)}, {due} was due")
        demand(isinstance(index, int), "output-index", f"output_index is {shown(index)}")
        self._ids.add(str(item.get("id")))
        self._open = OpenItem(item, int(event["output_index"]))

    def _finish_item(self, event: Event) -> None:
        item = _item(event)
        self._open_at(event).close(item)
        self._done[int(event["output_index"])] = item
        self._ids.add(str(item.get("id")))
        self._open = None

    def _take_item_event(self, event: Event) -> None:
        if short_name(event) in KNOWN or "output_index" in event:
            self._open_at(event).take(event)

    def _open_at(self, event: Event) -> OpenItem:
        index = event.get("output_index")
        if self._open is None and self._resumed and not self._done and isinstance(index, int):
            self._open = OpenItem({}, index, whole=False)
        if self._open is None:
            raise StreamViolation("item-order", f"{event['type']} outside of any open item")
        right = self._open.output_index
        demand(index == right, "output-index", f"output_index is {shown(index)}, the open item's is {right}")
        return self._open

    def _demand_final_output(self, response: Event) -> None:
        if self._open is not None:
            raise StreamViolation("item-order", f"the item at {self._open.output_index} was never done")
        output = response.get("output")
        if not isinstance(output, list):
            raise StreamViolation("final-output", f"output is {shown(output)}, not a list")
        streamed = max(self._done, default=-1) + 1
        right = len(output) == streamed or (self._resumed and not self._done)
        demand(right, "final-output", f"{streamed} items were streamed, the final response has {len(output)}")
        for index, item in self._done.items():
            same = isinstance(output[index], Mapping) and _unsealed(output[index]) == _unsealed(item)
            demand(same, "final-item", f"output[{index}] is {shown(output[index])}, it was done as {shown(item)}")


def _unsealed(item: Event) -> dict[str, Any]:
    return {key: bool(value) if key == SEALED else value for key, value in item.items()}


def _item(event: Event) -> Event:
    item = event.get("item")
    if not isinstance(item, Mapping):
        raise StreamViolation("event", f"item is {shown(item)}, not an object")
    return item


def _demand_error(event: Event) -> None:
    error = event.get("error")
    if not (isinstance(error, Mapping) and isinstance(error.get("message"), str)):
        raise StreamViolation("error", f"error is {shown(error)}, not an object with a message")
    for key in ("code", "message", "param"):
        same = event.get(key, error.get(key)) == error.get(key)
        demand(same, "error", f"{key} is {shown(event.get(key))} at the top and {shown(error.get(key))} in error")


def _list(grammar: Expression) -> str:
    return " or ".join(sorted(expected(grammar))) or "nothing more"
