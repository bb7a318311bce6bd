"""Open items: each owns its id, its index and its buffer, and knows how to open, take a delta and close.

A new kind of item is one class with these three methods. Not here: which item a chunk belongs to and
when it may open (`queue.py`, `turn.py`). Source of the order of events: recorded OpenAI streams; the
same rules are checked from outside by `testing/check_stream.py`.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from antiphon.engine.listed import Source, cited
from antiphon.wire import events as ev
from antiphon.wire.content import OutputPart, OutputRefusal, OutputText, ReasoningText, SummaryText, TextLogprob
from antiphon.wire.items import OutputItem, OutputMessage, Reasoning

encode = msgspec.json.Encoder().encode


class Text(msgspec.Struct, gc=False):
    """A piece of an answer's text."""

    text: str
    logprobs: Sequence[TextLogprob] = ()


class Refusal(msgspec.Struct, gc=False):
    """A piece of a refusal."""

    text: str


class Thought(msgspec.Struct, gc=False):
    """A piece of reasoning."""

    text: str


class Arguments(msgspec.Struct, gc=False):
    """A piece of a call's arguments."""

    text: str


class Citation(msgspec.Struct, gc=False):
    """An annotation of the text so far, in the API's shape."""

    annotation: dict[str, Any]


class Cited(msgspec.Struct, gc=False):
    """A source that the text cites here: `annotation` without its place, `shown` is the text that stands for it."""

    annotation: dict[str, Any]
    shown: str


class CitedLink(msgspec.Struct, gc=False):
    """A source that the text just linked: `length` characters of it, with `behind` more since."""

    annotation: dict[str, Any]
    length: int
    behind: int


class Listed(msgspec.Struct, gc=False):
    """All sources of an answer that is at its end, address and title by their numbers."""

    sources: list[Source]


class Progress(msgspec.Struct, gc=False):
    """What a tool of the server reports while it is at work; the face of the call knows what it is."""

    piece: Any


Piece = Text | Refusal | Thought | Arguments | Citation | Cited | CitedLink | Listed | Progress


class OpenItem(Protocol):
    """An output item while it is being made."""

    @property
    def id(self) -> str:
        """The item's id."""
        ...

    def ready(self, held: Sequence[Piece]) -> bool:
        """Whether enough is known to open, given the pieces held back so far."""
        ...

    def complete(self) -> bool:
        """Whether it may be closed because another item begins."""
        ...

    def possible(self) -> bool:
        """Whether it may exist at all; asked when the stream ends before it was ready."""
        ...

    def waiting(self) -> bool:
        """Whether it is whole but for what a tool of the server has to add."""
        ...

    def open(self, output_index: int, held: Sequence[Piece]) -> list[ev.Event]:
        """The events that announce it under its index; `held` are the pieces that follow at once."""
        ...

    def delta(self, piece: Piece) -> list[ev.Event]:
        """The events for one piece."""
        ...

    def asked(self) -> list[ev.Event]:
        """The events that come before it waits for a tool of the server."""
        ...

    def close(self, status: str) -> list[ev.Event]:
        """The events that end it, the last being `output_item.done`; `status` is the item's."""
        ...


def added(index: int, item: OutputItem) -> ev.Event:
    """The event that announces an item."""
    return ev.OutputItemAdded(output_index=index, item=msgspec.Raw(encode(item)))


def done(index: int, item: OutputItem) -> ev.Event:
    """The event that ends an item."""
    return ev.OutputItemDone(output_index=index, item=msgspec.Raw(encode(item)))


class PlainItem:
    """What an item answers that opens with its first piece and waits for nothing."""

    def ready(self, held: Sequence[Piece]) -> bool:
        return bool(held)

    def complete(self) -> bool:
        return True

    def possible(self) -> bool:
        return True

    def waiting(self) -> bool:
        return False

    def asked(self) -> list[ev.Event]:
        return []


class WholeItem(PlainItem):
    """An item that is whole when it begins."""

    def ready(self, held: Sequence[Piece]) -> bool:
        del held
        return True

    def delta(self, piece: Piece) -> list[ev.Event]:
        """Nothing more comes. Raises `TypeError`."""
        raise TypeError(piece)


class MessageItem(PlainItem):
    """An assistant message of text and refusal parts. What follows it tells its `phase`."""

    def __init__(self, item_id: str) -> None:
        self.id = item_id
        self.phase: str | msgspec.UnsetType = msgspec.UNSET
        self.output_index = -1
        self._parts: list[OutputPart] = []
        self._buffer: list[str] = []
        self._part: OutputText | OutputRefusal | None = None

    def open(self, output_index: int, held: Sequence[Piece]) -> list[ev.Event]:
        del held
        self.output_index = output_index
        return [added(self.output_index, OutputMessage(id=self.id, status="in_progress"))]

    def more_text(self, text: str) -> ev.Event:
        """The event for text that follows other text: what nearly every chunk of a stream brings."""
        self._buffer.append(text)
        return ev.OutputTextDelta(
            item_id=self.id, output_index=self.output_index, content_index=len(self._parts), delta=text
        )

    def more_texts(self, texts: Sequence[str]) -> list[ev.Event]:
        """The same for many pieces at once; an empty one has no event."""
        self._buffer += texts
        item_id, output_index, content_index = self.id, self.output_index, len(self._parts)
        return [
            ev.OutputTextDelta(item_id=item_id, output_index=output_index, content_index=content_index, delta=text)
            for text in texts
            if text
        ]

    def in_text(self) -> bool:
        """Whether a text part is open, so that `more_text` may be used."""
        return isinstance(self._part, OutputText)

    def delta(self, piece: Piece) -> list[ev.Event]:
        match piece:
            case Text(text, logprobs):
                events = [] if isinstance(self._part, OutputText) else self._turn_to(OutputText(text=""))
                self._buffer.append(text)
                if logprobs and isinstance(self._part, OutputText):
                    self._part.logprobs.extend(logprobs)
                events.append(self._text_delta(text, logprobs))
            case Refusal(text):
                events = [] if isinstance(self._part, OutputRefusal) else self._turn_to(OutputRefusal(refusal=""))
                self._buffer.append(text)
                events.append(ev.RefusalDelta(**self._place(), delta=text))
            case Citation(annotation):
                events = [] if isinstance(self._part, OutputText) else self._turn_to(OutputText(text=""))
                events += self._cite(annotation)
            case Cited():
                events = self._cite_here(piece)
            case Listed(sources):
                events = self._cite_listed(sources)
            case CitedLink(annotation, length, behind):
                end = len("".join(self._buffer)) - behind
                events = self._cite({**annotation, "start_index": end - length, "end_index": end})
            case _:
                raise TypeError(piece)
        return events

    def close(self, status: str) -> list[ev.Event]:
        events = self._close_part()
        item = OutputMessage(id=self.id, status=status, content=self._parts, phase=self.phase)
        events.append(done(self.output_index, item))
        return events

    def _text_delta(self, text: str, logprobs: Sequence[TextLogprob]) -> ev.Event:
        return ev.OutputTextDelta(
            item_id=self.id,
            output_index=self.output_index,
            content_index=len(self._parts),
            delta=text,
            logprobs=list(logprobs),
        )

    def _cite(self, annotation: dict[str, Any]) -> list[ev.Event]:
        if not isinstance(self._part, OutputText):
            return []
        self._part.annotations.append(annotation)
        index = len(self._part.annotations) - 1
        return [ev.AnnotationAdded(**self._place(), annotation_index=index, annotation=annotation)]

    def _cite_here(self, cited: Cited) -> list[ev.Event]:
        """The text that stands for a source, if any, and then where it stands, counted in characters."""
        start = len("".join(self._buffer)) if isinstance(self._part, OutputText) else 0
        events = self.delta(Text(cited.shown)) if cited.shown else []
        place = {"start_index": start, "end_index": start + len(cited.shown)}
        if cited.annotation.get("type") == "file_citation":
            place = {"index": start}
        return events + self.delta(Citation({**cited.annotation, **place}))

    def _cite_listed(self, sources: Sequence[Source]) -> list[ev.Event]:
        """The citations that the text has numbers for, where its upstream made none itself."""
        if not isinstance(self._part, OutputText) or self._part.annotations:
            return []
        return [event for annotation in cited("".join(self._buffer), sources) for event in self._cite(annotation)]

    def _place(self) -> dict[str, Any]:
        return {"item_id": self.id, "output_index": self.output_index, "content_index": len(self._parts)}

    def _turn_to(self, part: OutputText | OutputRefusal) -> list[ev.Event]:
        """Close the open part, if any, and open `part`; its event gets a copy, since it fills up later."""
        events = self._close_part()
        self._part = part
        empty = OutputText(text="") if isinstance(part, OutputText) else OutputRefusal(refusal="")
        events.append(ev.ContentPartAdded(**self._place(), part=empty))
        return events

    def _close_part(self) -> list[ev.Event]:
        part, self._part = self._part, None
        if part is None:
            return []
        whole, self._buffer = "".join(self._buffer), []
        events: list[ev.Event] = []
        if isinstance(part, OutputText):
            part.text = whole
            events.append(ev.OutputTextDone(**self._place(), text=whole, logprobs=list(part.logprobs)))
        else:
            part.refusal = whole
            events.append(ev.RefusalDone(**self._place(), refusal=whole))
        events.append(ev.ContentPartDone(**self._place(), part=part))
        self._parts.append(part)
        return events


class ReasoningItem(PlainItem):
    """What the model thought, as raw text."""

    def __init__(self, item_id: str) -> None:
        self.id = item_id
        self.output_index = -1
        self._buffer: list[str] = []

    def open(self, output_index: int, held: Sequence[Piece]) -> list[ev.Event]:
        del held
        self.output_index = output_index
        return [added(self.output_index, Reasoning(id=self.id, status="in_progress"))]

    def delta(self, piece: Piece) -> list[ev.Event]:
        if not isinstance(piece, Thought):
            raise TypeError(piece)
        place = {**self._place(), "content_index": 0}
        events: list[ev.Event] = []
        if not self._buffer:
            events.append(ev.ContentPartAdded(**place, part=ReasoningText(text="")))
        self._buffer.append(piece.text)
        events.append(ev.ReasoningTextDelta(**place, delta=piece.text))
        return events

    def close(self, status: str) -> list[ev.Event]:
        events: list[ev.Event] = []
        content: list[ReasoningText] = []
        if self._buffer:
            part = ReasoningText(text="".join(self._buffer))
            content.append(part)
            place = {**self._place(), "content_index": 0}
            events.append(ev.ReasoningTextDone(**place, text=part.text))
            events.append(ev.ContentPartDone(**place, part=part))
        events.append(done(self.output_index, Reasoning(id=self.id, status=status, content=content)))
        return events

    def _place(self) -> dict[str, Any]:
        return {"item_id": self.id, "output_index": self.output_index}


class SummarisedItem(ReasoningItem):
    """What the model thought, shown as a summary in one part."""

    def delta(self, piece: Piece) -> list[ev.Event]:
        if not isinstance(piece, Thought):
            raise TypeError(piece)
        place = {**self._place(), "summary_index": 0}
        events: list[ev.Event] = []
        if not self._buffer:
            events.append(ev.ReasoningSummaryPartAdded(**place, part=SummaryText(text="")))
        self._buffer.append(piece.text)
        events.append(ev.ReasoningSummaryTextDelta(**place, delta=piece.text))
        return events

    def close(self, status: str) -> list[ev.Event]:
        events: list[ev.Event] = []
        summary: list[SummaryText] = []
        if self._buffer:
            part = SummaryText(text="".join(self._buffer))
            summary.append(part)
            place = {**self._place(), "summary_index": 0}
            events.append(ev.ReasoningSummaryTextDone(**place, text=part.text))
            events.append(ev.ReasoningSummaryPartDone(**place, part=part))
        events.append(done(self.output_index, Reasoning(id=self.id, status=status, summary=summary)))
        return events
