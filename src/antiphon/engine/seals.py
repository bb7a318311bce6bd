"""Sealed reasoning: what a client that stores nothing here carries from one request to the next.

Pure: what seals and opens is handed in. A seal that can't be opened leaves its item without words, as one whose
other half is missing; the request goes on. Counterparts: `included.py`, which seals on the way out; `sealing.py`.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

import msgspec

from antiphon.engine.input import Item
from antiphon.engine.notes import Notes
from antiphon.errors import InvalidRequest
from antiphon.wire.items import CompactedView, CompactionView, ReasoningView, ThoughtView

_view = msgspec.json.Decoder(ReasoningView).decode
decode_compacted = msgspec.json.Decoder(CompactedView).decode


class Seal(Protocol):
    """Seals text for one project and opens it again."""

    def close(self, text: str) -> str:
        """The text, sealed."""
        ...

    def open(self, sealed: str) -> str | None:
        """The text, None where nobody here can open it. Raises `InvalidRequest` for another project's."""
        ...


def thought_in(view: ReasoningView) -> str:
    """The words of a reasoning item: what was thought, or else what was said of it."""
    said = view.content or view.summary or ""
    return said if isinstance(said, str) else "".join(part.text for part in said)


def thinking(raw: bytes) -> str:
    """The same of an item's JSON, of any version's making."""
    try:
        return thought_in(_view(raw))
    except msgspec.ValidationError:
        return ""


def opened(items: Iterable[Item], seal: Seal, notes: Notes, *, own: bool = False) -> list[Item]:
    """The items with the words of sealed reasoning; what can't be opened is noted.

    `own` are items that this project has stored. Raises `InvalidRequest` for a seal of another project in the others.
    """
    return [_opened(item, seal, notes, own=own) for item in items]


def _opened(item: Item, seal: Seal, notes: Notes, *, own: bool) -> Item:
    view = item.view
    if isinstance(view, CompactionView):
        text = _text(view.encrypted_content, item, seal, own=own)
        return replace(item, view=None if text is None else decode_compacted(text))
    if not isinstance(view, ReasoningView) or not view.encrypted_content:
        return item
    text = _text(view.encrypted_content, item, seal, own=own)
    if text is not None:
        return replace(item, view=ReasoningView(content=[ThoughtView(text=text)]))
    # Words that stand beside the seal are as good.
    notes.ignored.append(f"{item.at}.encrypted_content" if thought_in(view) else item.at)
    return item if thought_in(view) else replace(item, view=None)


def _text(sealed: str, item: Item, seal: Seal, *, own: bool) -> str | None:
    try:
        return seal.open(sealed)
    except InvalidRequest as refused:
        if not own:
            raise InvalidRequest(refused.message, code=refused.code, param=f"{item.at}.encrypted_content") from None
        return None
