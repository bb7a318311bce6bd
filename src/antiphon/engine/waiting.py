"""The items of a turn whose calls are waited for, as they are kept, and back from there.

Pure. Not here: which turn they belong to (`turn.py`). Counterpart: `run_state.py`, the form that they are kept in.
"""

from collections.abc import Sequence

import msgspec

from antiphon.engine.call_item import CallItem
from antiphon.engine.held import HeldMessage
from antiphon.engine.kinds.tool_search import FoundItem
from antiphon.engine.open_items import (
    Citation,
    Cited,
    CitedLink,
    MessageItem,
    OpenItem,
    Piece,
    ReasoningItem,
    Refusal,
    Text,
    Thought,
)
from antiphon.engine.queue import Entry
from antiphon.engine.run_state import KeptCall, KeptFind, KeptItem, KeptWords

PIECES: dict[str, type[Text | Refusal | Thought | Citation | Cited | CitedLink]] = {
    "text": Text,
    "refusal": Refusal,
    "thought": Thought,
    "citation": Citation,
    "cited": Cited,
    "link": CitedLink,
}
"""The kinds of pieces that words are made of, by the names under which they are kept."""

_NAMES: dict[type, str] = {kind: name for name, kind in PIECES.items()}


def kept_items(entries: Sequence[Entry]) -> list[KeptItem]:
    """The items that aren't closed, the first of them open."""
    return [_kept(entry) for entry in entries]


def _kept(entry: Entry) -> KeptItem:
    match entry.item:
        case CallItem() as item:
            return KeptCall(
                number=item.number,
                name=item.name,
                arguments=item.arguments(entry.held),
                call_id=item.call_id,
                id=item.id if entry.opened else None,
                fits=item.fits,
                outcome=item.outcome,
                approval=item.binding.about.get("approval_request_id"),
            )
        case FoundItem() as item:
            return KeptFind(item.id, item.tools)
        case MessageItem() as item:
            phase = item.phase if isinstance(item.phase, str) else None
            return KeptWords(item.id, _pieces(entry.held), phase)
        case ReasoningItem() as item:
            return KeptWords(item.id, _pieces(entry.held), thought=True)
        case item:
            raise TypeError(item)


def _pieces(held: Sequence[Piece]) -> list[tuple[str, dict[str, object]]]:
    return [(_NAMES[type(piece)], msgspec.to_builtins(piece)) for piece in held if type(piece) in _NAMES]


def pieces_of(kept: KeptWords) -> list[Piece]:
    """The pieces of words that were kept."""
    return [msgspec.convert(fields, PIECES[name]) for name, fields in kept.pieces]


def words_of(kept: KeptWords, message: type[MessageItem], reasoning: type[ReasoningItem]) -> OpenItem:
    """The item of words that were kept; of one that was judged, the judgement."""
    if kept.thought:
        return reasoning(kept.id)
    item = message(kept.id)
    if kept.phase is not None:
        item.phase = kept.phase
    if isinstance(item, HeldMessage):
        item.fits = True
    return item
