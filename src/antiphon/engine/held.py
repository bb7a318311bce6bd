"""A message that nobody sees before it was judged: it opens when it fits, and never existed when it doesn't.

Not here: the judgement (`review.py`). Counterpart: `open_items.MessageItem`, which is shown as it comes.
"""

from collections.abc import Sequence

from antiphon.engine.open_items import Cited, MessageItem, Piece, Text
from antiphon.engine.queue import Entry


class HeldMessage(MessageItem):
    """An assistant message that waits. Where nobody judges it, because the stream broke off, it is shown as it is."""

    def __init__(self, item_id: str) -> None:
        super().__init__(item_id)
        self.fits: bool | None = None

    def ready(self, held: Sequence[Piece]) -> bool:
        return bool(self.fits) and super().ready(held)

    def possible(self) -> bool:
        return self.fits is not False


def held_text(entries: Sequence[Entry]) -> str | None:
    """The text of waiting messages; None where they hold something else as well, such as a refusal."""
    pieces = [piece for entry in entries for piece in entry.held]
    texts = [_text(piece) for piece in pieces]
    return None if None in texts else "".join(filter(None, texts))


def show(entries: Sequence[Entry], text: str) -> None:
    """Let the first message open with this text, and drop the others."""
    for number, entry in enumerate(entries):
        if isinstance(entry.item, HeldMessage):
            entry.item.fits = number == 0
    if entries:
        known = [one for piece in entries[0].held if isinstance(piece, Text) for one in piece.logprobs]
        entries[0].held = [Text(text, known)]


def drop(entries: Sequence[Entry]) -> None:
    """Let none of them exist."""
    for entry in entries:
        if isinstance(entry.item, HeldMessage):
            entry.item.fits = False


def _text(piece: Piece) -> str | None:
    match piece:
        case Text(text):
            return text
        case Cited(shown=shown):
            return shown
        case _:
            return None
