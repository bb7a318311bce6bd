"""What may be broken on the wire, by name, and the error that says so.

Not here: the checks themselves. Counterparts: `check_stream` and `check_response`, which raise this.
"""

from collections.abc import Mapping
from typing import Any, Self

RULES: Mapping[str, str] = {
    "sse": "each SSE message is `event:` with the type, `data:` with one JSON object, and a blank line; no [DONE]",
    "event": "each event is an object with a string `type`; delta events carry a string `delta`",
    "sequence": "sequence_number is dense and rises by 1",
    "envelope": "created, (queued,) in_progress, items, one terminal event; `error` stands only before failed",
    "status": "the status of a response snapshot agrees with the event that carries it",
    "snapshot": "every snapshot has the same id, created_at and model, and the same fields, none left out",
    "error": "`error` carries an error object; where fields stand at its top too they are the same",
    "output-index": "output_index is dense from 0, and an event names the open item's",
    "item-order": "an item is added once, done once, and done before the next is added",
    "item-id": "an event names the open item's id",
    "item-identity": "id, type, role, name and call_id are the same when an item is added and when it is done",
    "item-opened": "an added item is in_progress and holds no parts yet",
    "item-grammar": "the events between added and done follow the grammar of the item's type",
    "content-index": "content_index is dense from 0 in each item",
    "summary-index": "summary_index is dense from 0 in each item",
    "command-index": "command_index is dense from 0 in each item",
    "annotation-index": "annotation_index is dense from 0 in each content part",
    "delta-sum": "deltas add up to the text of the `.done` event",
    "part": "a part holds the text that was streamed, and the finished item holds that part",
    "item-text": "the finished item holds the text that was streamed",
    "annotation": "the finished part holds the annotations that were streamed",
    "final-item": "the item in output_item.done equals the item in the terminal response.output",
    "final-output": "the terminal response.output holds every item that was streamed, and no other",
    "response-object": "a response is an object of kind `response` with a known status and a list of output",
    "response-nulls": "fields that clients read unguarded are there and not null",
    "response-details": "error belongs to failed, incomplete_details to incomplete, completed_at to completed",
    "id-prefix": "ids carry the prefix of their kind, and no two items share one",
    "item-status": "a finished item has one of its type's final statuses",
    "item-fields": "an item has the fields that clients read unguarded",
    "usage": "token counts are whole numbers with their details, and total = input + output",
}
"""Each rule's name and its law, in one sentence."""


class StreamViolation(AssertionError):
    """A stream or a response breaks a rule of the wire.

    `rule` is a key of `RULES`, `reason` says what was found and what was expected. `index` is the
    position of the event in the stream, from 0, and `event` the event; both are None where no single
    event is at fault.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason)
        self.rule = rule
        self.reason = reason
        self.index: int | None = None
        self.event: Mapping[str, Any] | None = None

    def at(self, index: int, event: Mapping[str, Any] | None) -> Self:
        """The same violation, with its place in the stream."""
        self.index = index
        self.event = event
        return self

    def __str__(self) -> str:
        place = "" if self.index is None else f"event {self.index}: "
        shown = "" if self.event is None else f"\n  event: {_shortened(repr(self.event))}"
        return f"{place}[{self.rule}] {self.reason}\n  rule: {RULES[self.rule]}{shown}"


def demand(holds: object, rule: str, reason: str) -> None:
    """Raise `StreamViolation` unless `holds` is true.

    Reasons are built before the call, so a costly one (long texts) is shortened by `shown` first.
    """
    if not holds:
        raise StreamViolation(rule, reason)


def shown(value: object) -> str:
    """A value for an error message, cut to a readable length."""
    return _shortened(repr(value), 120)


def _shortened(text: str, limit: int = 600) -> str:
    return text if len(text) <= limit else f"{text[: limit // 2]} … {text[-limit // 2 :]}"
