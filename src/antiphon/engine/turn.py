"""One upstream call, read: chunks in, events out.

`Turn` maps what a chunk carries — text, refusal, reasoning, tool calls by index or id — to open items. It
knows the ways in which providers differ in their streams and nothing of HTTP. Not here: the loop over
several calls, sequence numbers, the response object (`run.py`).
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from antiphon.engine.open_items import (
    Arguments,
    Citation,
    FunctionCallItem,
    MessageItem,
    Piece,
    ReasoningItem,
    Refusal,
    Text,
    Thought,
)
from antiphon.engine.queue import Entry, ItemQueue
from antiphon.engine.think import ThinkSplitter
from antiphon.sources import Sources
from antiphon.wire.chat import ChatChunk, ChatUsage, Choice, ChoiceLogprobs, Delta, FunctionDelta, ToolCallDelta
from antiphon.wire.content import TextLogprob, TopTextLogprob
from antiphon.wire.events import Event, OutputItemDone

INCOMPLETE_REASONS = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Finish reasons that leave an answer incomplete, and the API's word for why."""


class Turn:
    """`feed` each chunk, then `finish` or `abort` once; each returns the events to send.

    Afterwards `finish_reason`, `usage` and `output` (the raw JSON of the closed items, in order) tell what
    came of it; `nameless_call` says that the upstream asked for a tool without naming it.
    """

    def __init__(self, sources: Sources, first_index: int = 0, taken_ids: Iterable[str] = ()) -> None:
        self.finish_reason: str | None = None
        self.usage: ChatUsage | None = None
        self.service_tier: str | None = None
        self.output: list[msgspec.Raw] = []
        self.nameless_call = False
        self._ids = sources.ids
        self._taken_ids = set(taken_ids)
        self._queue = ItemQueue(first_index)
        self._think = ThinkSplitter()
        self._calls: dict[int, Entry] = {}
        self._fast: MessageItem | None = None

    @property
    def incomplete_reason(self) -> str | None:
        """Why the answer is incomplete, in the API's words; None when it is whole."""
        return INCOMPLETE_REASONS.get(self.finish_reason or "")

    def feed(self, chunk: ChatChunk) -> list[Event]:
        """Events for one chunk."""
        if chunk.usage is not None:
            self.usage = chunk.usage
        if chunk.service_tier is not None:
            self.service_tier = chunk.service_tier
        events: list[Event] = []
        for choice in chunk.choices or ():
            if not choice.index:
                events += self._choice(choice)
        return events

    def finish(self) -> list[Event]:
        """Events that end a stream which came to its end."""
        last_status = "incomplete" if self.incomplete_reason else "completed"
        self.nameless_call = any(not _call(entry).name for entry in self._calls.values())
        return self._end(whole=True, last_status=last_status)

    def abort(self) -> list[Event]:
        """Events that end a stream which broke off, or whose reader left."""
        return self._end(whole=False, last_status="incomplete")

    def _end(self, *, whole: bool, last_status: str) -> list[Event]:
        events = self._text_pieces(self._think.finish())
        events += self._queue.flush(whole=whole, last_status=last_status)
        return self._keep(events)

    def _choice(self, choice: Choice) -> list[Event]:
        if choice.finish_reason:
            self.finish_reason = choice.finish_reason
        delta = choice.delta
        if delta is None:
            return []
        if self._fast is not None and isinstance(delta.content, str) and _only_text(choice, delta):
            # Nearly every chunk: more text for the message that is open.
            return [self._fast.more_text(delta.content)] if delta.content else []
        events = self._delta(delta, choice.logprobs)
        last = self._queue.last()
        item = last.item if last and last.opened and self._think.decided else None
        self._fast = item if isinstance(item, MessageItem) and item.in_text() else None
        return self._keep(events)

    def _delta(self, delta: Delta, logprobs: ChoiceLogprobs | None) -> list[Event]:
        events: list[Event] = []
        thought = delta.reasoning_content or delta.reasoning or delta.thinking
        if thought:
            events += self._give(ReasoningItem, "rs", Thought(thought))
        if delta.content:
            events += self._content(delta.content, logprobs)
        if delta.refusal:
            events += self._give(MessageItem, "msg", Refusal(delta.refusal))
        for annotation in map(_citation, delta.annotations or ()):
            if annotation:
                events += self._give(MessageItem, "msg", Citation(annotation))
        for call in delta.tool_calls or ():
            events += self._tool_call(call)
        if delta.function_call:
            events += self._tool_call(ToolCallDelta(index=0, function=delta.function_call))
        return events

    def _content(self, content: str | list[Any], logprobs: ChoiceLogprobs | None) -> list[Event]:
        if not isinstance(content, str):
            return self._text_pieces(_parts(content))
        if not self._think.decided:
            pieces = self._think.feed(content)
            if logprobs and len(pieces) == 1 and isinstance(pieces[0], Text):
                pieces = [Text(pieces[0].text, _logprobs(logprobs))]
            return self._text_pieces(pieces)
        return self._give(MessageItem, "msg", Text(content, _logprobs(logprobs)))

    def _text_pieces(self, pieces: Iterable[Text | Thought]) -> list[Event]:
        events: list[Event] = []
        for piece in pieces:
            if isinstance(piece, Text):
                events += self._give(MessageItem, "msg", piece)
            else:
                events += self._give(ReasoningItem, "rs", piece)
        return events

    def _give(self, kind: type[MessageItem] | type[ReasoningItem], prefix: str, piece: Piece) -> list[Event]:
        """A piece for the last item if it is of this kind, else for a new one."""
        entry = self._queue.last()
        if entry is None or not isinstance(entry.item, kind):
            entry = self._queue.begin(kind(self._ids(prefix)))
        return self._queue.give(entry, piece) + self._queue.settle()

    def _tool_call(self, call: ToolCallDelta) -> list[Event]:
        function = call.function or FunctionDelta()
        entry = self._call_entry(call, function)
        item = _call(entry)
        if call.id and item.call_id is None and not entry.opened and call.id not in self._taken_ids:
            item.call_id = call.id
            self._taken_ids.add(call.id)
        if function.name and not entry.opened and item.name != function.name:
            item.name += function.name
        events: list[Event] = []
        arguments = function.arguments
        if isinstance(arguments, dict):
            arguments = msgspec.json.encode(arguments).decode()
        if arguments:
            events += self._queue.give(entry, Arguments(arguments))
        return events + self._queue.settle()

    def _call_entry(self, call: ToolCallDelta, function: FunctionDelta) -> Entry:
        """The call that a delta continues, or a new one.

        By index; but a new id at an old index, or without any index, is a new call: several providers
        send every parallel call at index 0 or leave the index out.
        """
        index = call.index if call.index is not None else max(self._calls, default=0)
        entry = self._calls.get(index)
        if entry is None or self._is_another(entry, call, function):
            item = FunctionCallItem(self._ids("fc"))
            item.fallback_id = self._ids("call")
            item.upstream_id = call.id
            entry = self._calls[index] = self._queue.begin(item)
        return entry

    @staticmethod
    def _is_another(entry: Entry, call: ToolCallDelta, function: FunctionDelta) -> bool:
        item = _call(entry)
        if call.id and item.upstream_id:
            return call.id != item.upstream_id
        if call.id or not function.name:
            item.upstream_id = item.upstream_id or call.id
            return False
        return item.name != "" and item.whole(entry.held)

    def _keep(self, events: list[Event]) -> list[Event]:
        self.output += [event.item for event in events if isinstance(event, OutputItemDone)]
        return events


def _only_text(choice: Choice, delta: Delta) -> bool:
    return (
        delta.tool_calls is None
        and choice.logprobs is None
        and not (delta.reasoning_content or delta.reasoning or delta.thinking)
        and not (delta.refusal or delta.function_call or delta.annotations)
    )


def _call(entry: Entry) -> FunctionCallItem:
    if not isinstance(entry.item, FunctionCallItem):
        raise TypeError(entry.item)
    return entry.item


def _logprobs(logprobs: ChoiceLogprobs | None) -> list[TextLogprob]:
    if logprobs is None:
        return []
    return [
        TextLogprob(
            token=token.token,
            bytes=token.bytes if token.bytes is not None else list(token.token.encode()),
            logprob=token.logprob,
            top_logprobs=[
                TopTextLogprob(
                    token=top.token,
                    bytes=top.bytes if top.bytes is not None else list(top.token.encode()),
                    logprob=top.logprob,
                )
                for top in token.top_logprobs
            ],
        )
        for token in logprobs.content or ()
    ]


def _parts(content: list[Any]) -> Iterable[Text | Thought]:
    """Content as parts, which Mistral streams: `text` and `thinking`."""
    for part in content:
        if not isinstance(part, dict):
            continue
        if part.get("type") == "thinking":
            inner = part.get("thinking")
            thoughts = inner if isinstance(inner, list) else [{"text": inner}]
            for thought in thoughts:
                if isinstance(thought, dict) and isinstance(thought.get("text"), str) and thought["text"]:
                    yield Thought(thought["text"])
        elif isinstance(part.get("text"), str) and part["text"]:
            yield Text(part["text"])


def _citation(annotation: object) -> dict[str, Any] | None:
    """The Responses form of a chat `url_citation`, which nests its fields; None for anything else."""
    inner = annotation.get("url_citation") if isinstance(annotation, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("url"), str):
        return None
    return {
        "type": "url_citation",
        "url": inner["url"],
        "title": str(inner.get("title") or ""),
        "start_index": int(inner.get("start_index") or 0),
        "end_index": int(inner.get("end_index") or 0),
    }
