"""The checker of one output item, from `output_item.added` to `output_item.done`.

Not here: the order of items among each other (`check_stream`), the tables (`item_rules`).
Counterpart: the engine's open items, which emit what this checks; the two share no code on purpose.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from antiphon.testing.grammar import EMPTY, NEVER, Expression, expected, may_end, step, words
from antiphon.testing.item_rules import CHANGING, GRAMMARS, IDENTITY, OPEN, OPENERS, PARTS, STATUSES, STOPPED, TEXTS
from antiphon.testing.violation import StreamViolation, demand, shown

Event = Mapping[str, Any]

PREFIX = "response."
KNOWN = frozenset(word.partition(":")[0] for grammar in GRAMMARS.values() for word in words(grammar)) - {"stop"}
"""Every event that belongs to an item, without `response.`."""

_NO_ID = frozenset({"shell_call_command.added", "shell_call_command.delta", "shell_call_command.done"})


def short_name(event: Event) -> str:
    """The event's type without `response.`."""
    return str(event["type"]).removeprefix(PREFIX)


class OpenItem:
    """What has been streamed of one item so far.

    `whole` is False where the item's beginning wasn't seen (a resumed stream): then only its end is checked.
    """

    def __init__(self, item: Event, output_index: int, *, whole: bool = True) -> None:
        self.item = item
        self.output_index = output_index
        self.whole = whole
        self.type = str(item.get("type"))
        self._grammar = GRAMMARS.get(self.type)
        self._counts: Counter[str] = Counter()
        self._texts: dict[tuple[str, int], str] = {}
        self._finished_texts: dict[str, str] = {}
        self._parts: dict[str, object] = {}
        self._annotations: dict[int, list[object]] = {}
        if whole:
            _demand_fresh(item)

    def take(self, event: Event) -> None:
        """Check one event between added and done."""
        name = short_name(event)
        known = name in KNOWN
        if known and name not in _NO_ID:
            self._demand_id(event)
        if not (known and self.whole):
            return
        self._demand_grammar(name, event)
        self._demand_indices(name, event)
        stem, _, verb = name.rpartition(".")
        if name in OPENERS:
            self._open_part(name, event)
        elif stem in TEXTS:
            self._take_text(stem, verb, event)
        elif name in {"content_part.done", "reasoning_summary_part.done"}:
            self._close_part(event)
        elif name == "output_text.annotation.added":
            self._take_annotation(event)
        elif stem == "shell_call_output_content":
            self._take_shell_output(verb, event)

    def close(self, item: Event) -> None:
        """Check `output_item.done` against what was streamed."""
        for key in IDENTITY if self.whole else self.item:
            same = self.item.get(key) == item.get(key) or (self.type, key) in CHANGING
            reason = (
                f"the item was added with {key} {shown(self.item.get(key))} and is done with {shown(item.get(key))}"
            )
            demand(same, "item-identity", reason)
        status = item.get("status")
        final = status not in OPEN or status in STATUSES.get(self.type, ())
        demand(final, "item-status", f"the done item's status is {shown(status)}")
        if not self.whole:
            return
        self._demand_end(item)
        for path, text in self._finished_texts.items():
            found = dig(item, path)
            demand(
                found == text, "item-text", f"{path} was streamed as {shown(text)}; the done item has {shown(found)}"
            )
        self._demand_annotations(item)
        self._demand_parts(item)

    def _demand_id(self, event: Event) -> None:
        found = event.get("item_id")
        if not self.whole and "id" not in self.item:
            self.item = {"id": found}
        reason = f"item_id is {shown(found)}, the open item's id is {shown(self.item.get('id'))}"
        demand(found == self.item.get("id"), "item-id", reason)

    def _demand_grammar(self, name: str, event: Event) -> None:
        if self._grammar is None:
            return
        word = f"{name}:{_part(event).get('type')}" if name.startswith("content_part.") else name
        after = step(self._grammar, word)
        if after == NEVER:
            raise StreamViolation("item-grammar", f"in a {self.type} {word} came where {_list(self._grammar)} was due")
        self._grammar = after

    def _demand_end(self, item: Event) -> None:
        if self._grammar is None:
            return
        complete = may_end(self._grammar)
        if not complete and item.get("status") in STOPPED:
            complete = may_end(step(self._grammar, "stop"))
        demand(complete, "item-grammar", f"a {self.type} is done where {_list(self._grammar)} was still to come")

    def _demand_indices(self, name: str, event: Event) -> None:
        opens = OPENERS.get(name)
        for field in PARTS:
            if field in event:
                self._demand_index(field, event, opened=field == opens or self.type == "shell_call_output")
            elif opens == field:
                raise StreamViolation(_rule(field), f"{name} has no {field}")
        if opens:
            self._counts[opens] += 1

    def _demand_index(self, field: str, event: Event, *, opened: bool) -> None:
        right = self._counts[field] - (0 if opened else 1)
        demand(event[field] == right, _rule(field), f"{field} is {shown(event[field])}, {right} was due")

    def _open_part(self, name: str, event: Event) -> None:
        if name == "shell_call_command.added":
            self._texts["shell_call_command", event["command_index"]] = event.get("command") or ""
            return
        part, kind = _part(event), str(_part(event).get("type"))
        stem = "reasoning_summary_text" if kind == "summary_text" else kind
        if stem in TEXTS:
            self._texts[stem, event[OPENERS[name]]] = part.get(TEXTS[stem].field) or ""

    def _take_text(self, stem: str, verb: str, event: Event) -> None:
        text = TEXTS[stem]
        number = event.get(text.index, 0) if text.index else 0
        path = text.path.replace("#", str(number))
        before = self._texts.get((stem, number))
        if before is None:
            before = dig(self.item, path) or ""
        if verb == "delta":
            demand(isinstance(event.get("delta"), str), "event", f"delta is {shown(event.get('delta'))}, not a string")
            self._texts[stem, number] = before + event["delta"]
            return
        final = event.get(text.field)
        demand(final == before, "delta-sum", f"the deltas add up to {shown(before)}, {text.field} is {shown(final)}")
        named = event.get("name", self.item.get("name"))
        demand(named == self.item.get("name"), "item-identity", f"the .done event names {shown(named)}")
        self._finished_texts[path] = before

    def _close_part(self, event: Event) -> None:
        field = "content_index" if "content_index" in event else "summary_index"
        path, part = f"{PARTS[field]}.{event[field]}", _part(event)
        for key in ("text", "refusal"):
            text = self._finished_texts.get(f"{path}.{key}")
            agrees = text is None or part.get(key) == text
            demand(agrees, "part", f"{shown(text)} was streamed; the part has {shown(part.get(key))}")
        streamed = self._annotations.get(event[field], []) if part.get("type") == "output_text" else []
        listed = part.get("annotations") or []
        demand(listed == streamed, "annotation", f"{shown(streamed)} was streamed; the part has {shown(listed)}")
        self._parts[path] = part

    def _take_annotation(self, event: Event) -> None:
        known = self._annotations.setdefault(event["content_index"], [])
        found = event.get("annotation_index")
        demand(found == len(known), "annotation-index", f"annotation_index is {shown(found)}, {len(known)} was due")
        known.append(event.get("annotation"))

    def _take_shell_output(self, verb: str, event: Event) -> None:
        number = event.get("command_index", 0)
        for stream in ("stdout", "stderr"):
            before = self._texts.get((stream, number), "")
            if verb == "delta":
                self._texts[stream, number] = before + (event["delta"].get(stream) or "")
                continue
            final = "".join(chunk.get(stream) or "" for chunk in event.get("output", []))
            demand(final == before, "delta-sum", f"the {stream} deltas add up to {shown(before)}, not {shown(final)}")
        if verb == "done":
            self._counts["command_index"] += 1

    def _demand_annotations(self, item: Event) -> None:
        for number, streamed in self._annotations.items():
            found = dig(item, f"content.{number}.annotations")
            demand(found == streamed, "annotation", f"{shown(streamed)} was streamed; the item has {shown(found)}")

    def _demand_parts(self, item: Event) -> None:
        for path, part in self._parts.items():
            found = dig(item, path)
            demand(found == part, "part", f"{path} was done as {shown(part)}; the item has {shown(found)}")
        for field, path in PARTS.items():
            if self.type in {"message", "reasoning", "shell_call"}:
                held = len(dig(item, path) or ())
                reason = f"{self._counts[field]} parts of {path} were streamed; the item holds {held}"
                demand(held == self._counts[field], "part", reason)


def dig(value: object, path: str) -> Any:  # noqa: ANN401 - JSON has no narrower type
    """The value at a dotted path of field names and list positions, or None."""
    for key in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _demand_fresh(item: Event) -> None:
    status = item.get("status")
    held = dig(item, "content") or dig(item, "summary") or dig(item, "action.commands")
    if item.get("type") in GRAMMARS and GRAMMARS[str(item["type"])] != EMPTY:
        demand(status in OPEN or status is None, "item-opened", f"the added item's status is {shown(status)}")
        demand(not held, "item-opened", f"the added item already holds {shown(held)}")


def _part(event: Event) -> Event:
    part = event.get("part")
    if not isinstance(part, Mapping):
        raise StreamViolation("event", f"part is {shown(part)}, not an object")
    return part


def _rule(field: str) -> str:
    return field.replace("_", "-")


def _list(grammar: Expression) -> str:
    names = sorted(expected(grammar) - {"stop"})
    if may_end(grammar):
        names.append("output_item.done")
    return " or ".join(names)
