"""Compaction: a conversation made short, as an item that a client carries and only this server can read.

What the user said stays word for word; everything else becomes a summary that the model writes. Pure. Not here: asking
for it within a response (`compacting.py`) or by itself (`server/routes/compact.py`), the seal (`seals.py`).
Counterpart: `prompt.py`, which begins again at it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from antiphon.engine.input import Item
from antiphon.engine.notes import Notes
from antiphon.errors import InvalidRequest
from antiphon.wire.content import OutputPart, OutputText
from antiphon.wire.items import CompactedView, MessageView, OutputMessage
from antiphon.wire.responses import CreateResponse

ASKED = """\
Write a summary of this conversation, for yourself: you will go on from it and from the user's own messages, without \
the rest. Say what the user wants, what was done and found out, what each tool call brought that still matters (names, \
paths, numbers, errors word for word), what was decided and why, and what comes next. Leave out what no longer \
matters. Answer with the summary alone."""
"""What the model is asked at the end of the conversation that it is to summarise."""

LONGEST_SAID = 20_000
"""Bytes of the user's messages that stay word for word, the newest; older ones are in the summary alone."""


TRIGGER = "compaction_trigger"
COMPACTION = "compaction"
USUAL_PART = 0.8
"""Of the context window: where a request says no threshold of its own."""


Said = str | list[msgspec.Raw]
"""What a message of the user's says."""


def compacted(items: Sequence[Item], summary: str) -> CompactedView:
    """What is to be sealed of a conversation."""
    return CompactedView(said=newest(said_in(items)), summary=summary)


def newest(messages: Sequence[Said], *, whole_last: bool = False) -> list[Said]:
    """The messages that stay word for word; with `whole_last` the newest does, however long it is."""
    kept: list[Said] = []
    room = LONGEST_SAID
    for one in reversed(messages):
        room -= len(msgspec.json.encode(one))
        if room < 0 and not (whole_last and not kept):
            break
        kept.append(one)
    return kept[::-1]


def summary_in(output: Iterable[msgspec.Raw]) -> str:
    """What the model wrote, of the items that it answered with."""
    parts = [part for item in output for part in _parts(item)]
    return "".join(part.text for part in parts if isinstance(part, OutputText)).strip()


def _parts(item: msgspec.Raw) -> list[OutputPart]:
    try:
        return msgspec.json.decode(item, type=OutputMessage).content
    except msgspec.ValidationError:
        return []  # Thinking, which stays where it is.


def said_in(items: Iterable[Item]) -> list[Said]:
    """The user's messages; a compaction holds those before it."""
    found: list[Said] = []
    for item in items:
        match item.view:
            case MessageView(role="user", content=content):
                found.append(content)
            case CompactedView(said=said):
                found = list(said)
    return found


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request wants made short: above `threshold` tokens, or, with `trigger`, at once and nothing else.

    `said` are the user's messages of the conversation.
    """

    threshold: int | None = None
    trigger: bool = False
    said: tuple[Said, ...] = ()


def wish_of(request: CreateResponse, items: Sequence[Item], window: int | None, notes: Notes) -> Wish:
    """What a request wants. Raises `InvalidRequest` for a trigger that isn't the last item."""
    for item in items[:-1]:
        if item.type == TRIGGER:
            said = f"'{item.at}' is a compaction_trigger, which must be the last item of the input."
            raise InvalidRequest(said, code="invalid_value", param=item.at)
    trigger = bool(items) and items[-1].type == TRIGGER
    threshold = _threshold(request, window, notes)
    return Wish(threshold, trigger, tuple(said_in(items)) if trigger or threshold is not None else ())


def _threshold(request: CreateResponse, window: int | None, notes: Notes) -> int | None:
    found: list[int] = []
    for place, entry in enumerate(request.context_management or ()):
        usual = None if window is None else round(window * USUAL_PART)
        threshold = usual if entry.compact_threshold is None else entry.compact_threshold
        if entry.type != COMPACTION or threshold is None:
            notes.ignored.append(f"context_management[{place}]")
        else:
            found.append(threshold)
    return min(found, default=None)
