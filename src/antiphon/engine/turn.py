"""One upstream call, read: chunks in, events out.

`Turn` maps what a chunk carries — text, refusal, reasoning, tool calls — to open items. It knows the ways in
which providers differ in their streams and nothing of HTTP. Not here: which tool call a delta continues
(`calls.py`), the loop over several turns, sequence numbers, the response object (`run.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from types import MappingProxyType
from typing import Any, assert_never

import msgspec

from antiphon.engine.calls import Calls, WaitingCall
from antiphon.engine.citations import Bibliography, CitationReader
from antiphon.engine.held import HeldMessage
from antiphon.engine.kinds.face import Binding, Outcome
from antiphon.engine.kinds.mcp import McpFace, ToolListItem
from antiphon.engine.kinds.tool_search import FoundItem
from antiphon.engine.listed import Source, sources_in
from antiphon.engine.open_items import (
    Citation,
    Cited,
    CitedLink,
    Listed,
    MessageItem,
    OpenItem,
    Piece,
    ReasoningItem,
    Refusal,
    SummarisedItem,
    Text,
    Thought,
)
from antiphon.engine.own import marked
from antiphon.engine.past import stored_items
from antiphon.engine.plan import Approved
from antiphon.engine.queue import COMMENTARY, FINAL, ItemQueue
from antiphon.engine.reasons import broke_off, incomplete_reason
from antiphon.engine.rejected import Rejected
from antiphon.engine.replies import ToolsListed
from antiphon.engine.review import Review
from antiphon.engine.run_state import KeptCall, KeptFind, KeptTurn, KeptWords
from antiphon.engine.structured import Form
from antiphon.engine.think import At, ThinkSplitter
from antiphon.engine.traits import TextCalls
from antiphon.engine.usage import later_usage, response_usage, timed_usage
from antiphon.engine.waiting import kept_items, pieces_of, words_of
from antiphon.engine.written_calls import Written, WrittenCalls
from antiphon.sources import Sources
from antiphon.wire.chat import (
    ChatUsage,
    Choice,
    ChoiceLogprobs,
    Chunks,
    Delta,
    FunctionDelta,
    Texts,
    ToolCallDelta,
    text_chunk,
)
from antiphon.wire.content import TextLogprob, TopTextLogprob
from antiphon.wire.events import Event, OutputItemDone
from antiphon.wire.responses import Usage

FIRST_WRITTEN = 1_000
"""Place of the first call that the model wrote into its text: behind those in fields of their own."""

NO_BINDINGS: Mapping[str, Binding] = MappingProxyType({})


class Turn:
    """`feed` each chunk, then `finish` or `abort` once; each returns the events to send.

    Afterwards `finish_reason`, `usage` and `output` (the raw JSON of the closed items, in order) tell what
    came of it; `nameless_call` says that the upstream asked for a tool without naming it, `begun` that anything came at
    all, `rejected` is what a review found unfit. With `holds_text` the text waits for a review;
    `text_calls` is the form in which the model writes calls into it. With a `bibliography`
    the markers in the text become citations; `summarised` thinking is shown as a summary.
    """

    def __init__(  # noqa: PLR0913 - each has a default that most tests and the first turn keep
        self,
        sources: Sources,
        first_index: int = 0,
        bindings: Mapping[str, Binding] = NO_BINDINGS,
        taken_ids: Iterable[str] = (),
        bibliography: Bibliography | None = None,
        *,
        one_call: bool = False,
        holds_text: bool = False,
        text_calls: TextCalls | None = None,
        summarised: bool = False,
    ) -> None:
        self.finish_reason: str | None = None
        self.usage: ChatUsage | None = None
        self.service_tier: str | None = None
        self.output: list[msgspec.Raw] = []
        self.nameless_call = False
        self.begun = False
        self.rejected: list[Rejected] = []
        self._reasoning: type[ReasoningItem] = SummarisedItem if summarised else ReasoningItem
        self._message: type[MessageItem] = HeldMessage if holds_text else MessageItem
        self._finished = False
        self._ids = sources.ids
        self._queue = ItemQueue(first_index)
        self._calls = Calls(self._queue, sources.ids, bindings, taken_ids, one=one_call)
        self._offered = bool(bindings)
        self._think = ThinkSplitter()
        self._markers = CitationReader(bibliography) if bibliography is not None else None
        self._written = WrittenCalls(text_calls, bindings) if text_calls is not None else None
        self._places = count(FIRST_WRITTEN)
        self._undecided: list[TextLogprob] = []
        self._sources: list[Source] = []
        self._fast: MessageItem | None = None

    @property
    def incomplete_reason(self) -> str | None:
        """Why the answer is incomplete, in the API's words; None when it is whole."""
        return incomplete_reason(self.finish_reason)

    @property
    def told_usage(self) -> Usage | None:
        """The tokens of this turn, None where the upstream doesn't tell."""
        return response_usage(self.usage)

    @property
    def broken(self) -> bool:
        """Whether the upstream itself says that its answer broke off."""
        return broke_off(self.finish_reason)

    def feed(self, chunk: Chunks) -> list[Event]:
        """Events for a chunk, or for several of text."""
        if isinstance(chunk, Texts):
            return self._texts(chunk.pieces)
        self.begun = True
        if chunk.usage is not None:
            self.usage = later_usage(self.usage, chunk.usage)
        elif chunk.timings is not None and self.usage is None:
            self.usage = timed_usage(chunk.timings)
        if chunk.service_tier is not None:
            self.service_tier = chunk.service_tier
        if chunk.citations or chunk.search_results:
            self._sources = sources_in(chunk)
        events: list[Event] = []
        for choice in chunk.choices or ():
            if not choice.index:
                events += self._choice(choice)
        return events

    def settle(self) -> list[Event]:
        """Events for what was kept back, now that nothing more comes; what is held for a review stays so."""
        return self._keep(self._release())

    def review(self, form: Form | None) -> Review | None:
        """What of this turn has to be judged before it ends; None where it is cut short, and shown as it is."""
        if self.incomplete_reason:
            return None
        messages = [entry for entry in self._queue.entries if isinstance(entry.item, HeldMessage)]
        return Review(form, messages, self._calls.held, answers=not self._calls.any)

    def finish(self) -> list[Event]:
        """Events that end a stream which came to its end."""
        if self.incomplete_reason:
            return self._end(whole=False, last_status="incomplete")
        self.nameless_call = self._calls.nameless
        self._finished = not (self.nameless_call or self.broken)
        events = self._keep(self._release())
        last = self._queue.last()
        if self._finished and self._offered and last and isinstance(last.item, MessageItem):
            last.item.phase = COMMENTARY if self._calls.any else FINAL
        return events + self._end(whole=True, last_status="completed")

    @property
    def waiting(self) -> list[WaitingCall]:
        """The calls that tools of the server have yet to answer; none while the stream goes on or when it broke off."""
        return self._calls.waiting if self._finished else []

    def answer(self, call: WaitingCall, outcome: Outcome, follower: OpenItem | None = None) -> list[Event]:
        """Events for the outcome of a waiting call, for an item that follows it, and for what waited behind it."""
        call.item.outcome = outcome
        if follower is not None:
            self._queue.put_behind(call.item, follower)
        return self._keep(self._queue.flush(whole=True, last_status="completed"))

    def progress(self, call: WaitingCall, piece: object) -> list[Event]:
        """Events for what a waiting call's tool reports; held while an item before it is open."""
        return self._calls.progress(call, piece)

    @property
    def answered(self) -> list[tuple[str, Outcome]]:
        """What tools of the server gave in this turn, by item id, in the order of the calls."""
        return self._calls.answered

    @property
    def client_is_asked(self) -> bool:
        """Whether one of the calls is the client's to answer, so that the response ends with it."""
        return self._calls.client_is_asked

    def list_tools(self, listed: ToolsListed, mark: str) -> list[Event]:
        """Events of a whole `mcp_list_tools` item; the mark says which server it is of."""
        return self.put(ToolListItem(marked(self._ids("mcpl"), mark), listed))

    def put(self, item: OpenItem) -> list[Event]:
        """Events of an item that nobody streams, before those of the model."""
        self._queue.begin(item)
        return self._keep(self._queue.flush(whole=True, last_status="completed"))

    def begin_call(self, call: Approved) -> list[Event]:
        """Events of a call that the client approved; it waits for its tool."""
        self._finished = True
        events = self._calls.begin(call.name, approved_binding(call), call.arguments)
        return self._keep(events + self._queue.flush(whole=True, last_status="completed"))

    def kept(self) -> KeptTurn:
        """What is to be kept of it while its calls are waited for."""
        ids = [item.id for item in stored_items(self.output)]
        return KeptTurn(
            ids=ids,
            items=kept_items(self._queue.entries),
            answered=[(item_id, outcome) for item_id, outcome in self.answered if item_id in ids],
            asks_client=self.client_is_asked,
            finish_reason=self.finish_reason,
            usage=self.usage,
            service_tier=self.service_tier,
            rejected=tuple(self.rejected),
        )

    def bring_back(self, kept: KeptTurn, output: Sequence[msgspec.Raw], approved: Sequence[Approved]) -> None:
        """Be where it was; `output` are its closed items, `approved` the calls that the client allowed."""
        self.output, self.rejected = list(output), list(kept.rejected)
        self.finish_reason, self.usage, self.service_tier = kept.finish_reason, kept.usage, kept.service_tier
        self.begun = self._finished = True
        self._queue = ItemQueue(self._queue.next_index + len(self.output))
        self._calls = self._calls.over(self._queue)
        self._calls.recall(kept.answered, client_is_asked=kept.asks_client)
        given = {call.request_id: approved_binding(call) for call in approved}
        for item in kept.items:
            match item:
                case KeptCall():
                    self._calls.bring_back(item, given.get(item.approval or ""))
                case KeptWords():
                    words = words_of(item, self._message, self._reasoning)
                    self._queue.bring_back(words, pieces_of(item), opened=False)
                case KeptFind():
                    self._queue.bring_back(FoundItem(item.id, item.tools), [], opened=False)
                case _:
                    assert_never(item)

    def _texts(self, pieces: list[str]) -> list[Event]:
        """Chunk by chunk, until a message is open that takes the rest as it is."""
        events: list[Event] = []
        for place, piece in enumerate(pieces):
            if self._fast is not None:
                return events + self._fast.more_texts(pieces[place:])
            events += self.feed(text_chunk(piece))
        return events

    def abort(self) -> list[Event]:
        """Events that end a stream which broke off, or whose reader left."""
        return self._end(whole=False, last_status="incomplete")

    def _end(self, *, whole: bool, last_status: str) -> list[Event]:
        events = self._release()
        last = self._queue.last()
        if self._sources and last and isinstance(last.item, MessageItem) and not isinstance(last.item, HeldMessage):
            events += self._queue.give(last, Listed(self._sources))
        events += self._queue.flush(whole=whole, last_status=last_status)
        return self._keep(events)

    def _choice(self, choice: Choice) -> list[Event]:
        if choice.finish_reason:
            self.finish_reason = choice.finish_reason
        if choice.usage is not None:
            self.usage = later_usage(self.usage, choice.usage)
        delta = choice.delta
        if delta is None:
            # A whole message counts where it is all there is; behind a stream it repeats it.
            delta = choice.message if self._queue.last() is None else None
            if delta is None:
                return []
        if self._fast is not None and isinstance(delta.content, str) and _only_text(choice, delta):
            # Nearly every chunk: more text for the message that is open.
            return [self._fast.more_text(delta.content)] if delta.content else []
        events = self._delta(delta, choice.logprobs)
        last = self._queue.last()
        plain = self._think.decided and self._markers is None and self._written is None
        item = last.item if last and last.opened and plain else None
        self._fast = item if isinstance(item, MessageItem) and item.in_text() else None
        return self._keep(events)

    def _delta(self, delta: Delta, logprobs: ChoiceLogprobs | None) -> list[Event]:
        events: list[Event] = []
        thought = delta.reasoning_content or delta.reasoning or delta.thinking or _detailed(delta.reasoning_details)
        if thought:
            # White space that came before the thinking waits for the text after it.
            events = self._unmarked() if self._think.blank else self._release()
            events += self._give(self._reasoning, "rs", Thought(thought))
        if delta.content:
            events += self._content(delta.content, logprobs)
        elif logprobs and logprobs.content and self._fast:
            # A token that is half a character brings no text yet.
            events += self._give(MessageItem, "msg", Text("", _logprobs(logprobs)))
        if delta.refusal or delta.annotations or delta.tool_calls or delta.function_call:
            events += self._release() + self._besides_text(delta)
        return events

    def _besides_text(self, delta: Delta) -> list[Event]:
        events: list[Event] = []
        if delta.refusal:
            events += self._give(MessageItem, "msg", Refusal(delta.refusal))
        for annotation in map(_citation, delta.annotations or ()):
            if annotation:
                events += self._give(MessageItem, "msg", Citation(annotation))
        for call in delta.tool_calls or ():
            events += self._calls.take(call)
        if delta.function_call:
            events += self._calls.take(ToolCallDelta(index=0, function=delta.function_call))
        return events

    def _content(self, content: str | list[Any], logprobs: ChoiceLogprobs | None) -> list[Event]:
        if not isinstance(content, str):
            return self._text_pieces(self._think.finish()) + self._text_pieces(_parts(content))
        if self._think.decided:
            return self._say(Text(content, _logprobs(logprobs)))
        before = self._think.at
        self._undecided = [*self._undecided, *_logprobs(logprobs)]
        pieces = self._think.feed(content)
        if self._think.tagged and before is not At.AFTER:
            # Tokens of the thinking; log probabilities have a place in text only.
            self._undecided = []
        return self._text_pieces(pieces)

    def _release(self) -> list[Event]:
        """Text that was kept back, because something else than text comes, or nothing more."""
        return self._text_pieces(self._think.finish()) + self._unmarked()

    def _text_pieces(self, pieces: Iterable[Text | Thought]) -> list[Event]:
        events: list[Event] = []
        for piece in pieces:
            if isinstance(piece, Text):
                known, self._undecided = self._undecided, []
                events += self._say(Text(piece.text, known))
            else:
                events += self._give(self._reasoning, "rs", piece)
        return events

    def _say(self, text: Text) -> list[Event]:
        """Text of the answer, but for the calls that the model wrote into it."""
        if self._written is None:
            return self._mark(text)
        self._undecided += text.logprobs
        return self._read(self._written.feed(text.text))

    def _read(self, pieces: Iterable[str | Written]) -> list[Event]:
        events: list[Event] = []
        for piece in pieces:
            if isinstance(piece, Written):
                function = FunctionDelta(name=piece.name, arguments=piece.arguments)
                events += self._calls.take(ToolCallDelta(index=next(self._places), function=function))
            else:
                known, self._undecided = self._undecided, []
                events += self._mark(Text(piece, known))
        return events

    def _mark(self, text: Text) -> list[Event]:
        """Text of the answer, its markers turned into citations."""
        if self._markers is None:
            return self._give(MessageItem, "msg", text)
        self._undecided += text.logprobs
        return self._cited_text(self._markers.feed(text.text))

    def _unmarked(self) -> list[Event]:
        """Text that was kept back because it might have become a marker, or a call."""
        events = self._read(self._written.finish()) if self._written is not None else []
        return events + (self._cited_text(self._markers.finish()) if self._markers is not None else [])

    def _cited_text(self, pieces: Iterable[Text | Cited | CitedLink]) -> list[Event]:
        events: list[Event] = []
        for piece in pieces:
            if isinstance(piece, Text):
                piece.logprobs, self._undecided = self._undecided, []
            events += self._give(MessageItem, "msg", piece)
        return events

    def _give(self, kind: type[MessageItem] | type[ReasoningItem], prefix: str, piece: Piece) -> list[Event]:
        """A piece for the last item if it is of this kind, else for a new one."""
        entry = self._queue.last()
        if entry is None or not isinstance(entry.item, kind):
            made = self._message if kind is MessageItem else kind
            entry = self._queue.begin(made(self._ids(prefix)))
        return self._queue.give(entry, piece) + self._queue.settle()

    def _keep(self, events: list[Event]) -> list[Event]:
        self.output += [event.item for event in events if isinstance(event, OutputItemDone)]
        return events


def approved_binding(call: Approved) -> Binding:
    """What the name of a call that the client approved stands for."""
    about = {
        "server_label": call.server.server_label,
        "name": call.name,
        "server": call.server,
        "approval_request_id": call.request_id,
    }
    return Binding(McpFace, runs="mcp", about=about)


def _only_text(choice: Choice, delta: Delta) -> bool:
    return (
        not delta.tool_calls
        and choice.logprobs is None
        and not (delta.reasoning_content or delta.reasoning or delta.thinking or delta.reasoning_details)
        and not (delta.refusal or delta.function_call or delta.annotations)
    )


def _detailed(details: list[Any] | None) -> str:
    """The text of OpenRouter's `reasoning_details`: thoughts, or what is said of them; what is sealed has none."""
    entries = [entry for entry in details or () if isinstance(entry, dict)]
    told = [entry.get("text") or entry.get("summary") for entry in entries]
    return "".join(text for text in told if isinstance(text, str))


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
    """The Responses form of a chat `url_citation`; None for anything else. Some servers don't nest its fields."""
    if not isinstance(annotation, dict):
        return None
    flat = annotation if annotation.get("type") == "url_citation" else None
    inner = annotation.get("url_citation", flat)
    if not isinstance(inner, dict) or not isinstance(inner.get("url"), str):
        return None
    return {
        "type": "url_citation",
        "url": inner["url"],
        "title": inner["title"] if isinstance(inner.get("title"), str) else "",
        "start_index": _position(inner.get("start_index")),
        "end_index": _position(inner.get("end_index")),
    }


def _position(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
