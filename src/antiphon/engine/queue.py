"""The items of one turn in the order they began; only the first is on the wire.

The API's streams finish one item before the next is added, but upstreams interleave: a second call may
begin while the first still grows. Pieces of an item that may not speak yet are held with it. Not here:
which piece belongs to which item (`turn.py`). Counterpart: `open_items.py`.
"""

from dataclasses import dataclass, field

from antiphon.engine.open_items import MessageItem, OpenItem, Piece, ReasoningItem
from antiphon.wire.events import Event

COMMENTARY, FINAL = "commentary", "final_answer"
"""Phases of a message: the model calls something after it, or this is all it has to say."""


@dataclass(slots=True)
class Entry:
    """An item and the pieces it holds until it may open."""

    item: OpenItem
    held: list[Piece] = field(default_factory=list)
    opened: bool = False
    closed: bool = False


class ItemQueue:
    """Begin items in any order of pieces; get events in the order of the wire."""

    def __init__(self, first_index: int) -> None:
        self._next_index = first_index
        self._entries: list[Entry] = []

    def last(self) -> Entry | None:
        """The item begun last, if it isn't closed."""
        return self._entries[-1] if self._entries else None

    @property
    def entries(self) -> list[Entry]:
        """The items that aren't closed, in order."""
        return list(self._entries)

    def begin(self, item: OpenItem) -> Entry:
        """Put an item at the end. Call `settle` when its first pieces are in."""
        last = self.last()
        if last and isinstance(last.item, MessageItem) and not isinstance(item, MessageItem | ReasoningItem):
            last.item.phase = COMMENTARY
        entry = Entry(item)
        self._entries.append(entry)
        return entry

    def bring_back(self, item: OpenItem, held: list[Piece], *, opened: bool) -> Entry:
        """Put an item at the end as it was when it was kept; one that is open has its index already."""
        entry = Entry(item, held, opened=opened)
        self._entries.append(entry)
        self._next_index += opened
        return entry

    @property
    def next_index(self) -> int:
        """The index of the item that opens next."""
        return self._next_index

    def put_behind(self, item: OpenItem, follower: OpenItem) -> None:
        """Put an item directly behind one that isn't closed."""
        place = next(index for index, entry in enumerate(self._entries) if entry.item is item)
        self._entries.insert(place + 1, Entry(follower))

    def give(self, entry: Entry, piece: Piece) -> list[Event]:
        """Events for a piece of an open item; a waiting item keeps it, a closed one has no use for it."""
        if entry.opened:
            return [] if entry.closed else entry.item.delta(piece)
        entry.held.append(piece)
        return []

    def settle(self) -> list[Event]:
        """Open and close as far as the order allows."""
        events: list[Event] = []
        while self._entries:
            head = self._entries[0]
            if not head.opened:
                if not head.item.ready(head.held):
                    break
                events += self._open(head)
            if len(self._entries) == 1 or not head.item.complete():
                break
            events += head.item.close("completed")
            head.closed = True
            del self._entries[0]
        return events

    def flush(self, *, whole: bool, last_status: str) -> list[Event]:
        """Open and close all that is left, the last with `last_status`.

        `whole` is false when the stream broke off or met a limit: then of the others, too, those are incomplete
        that lack something. An item that can't exist (a call without a name) is left out. One that waits for a tool of
        the server, and all behind it, stay for another `flush`.
        """
        events: list[Event] = []
        while self._entries:
            head = self._entries[0]
            if not head.opened and head.item.possible():
                events += self._open(head)
            if whole and head.opened and head.item.waiting():
                return events + head.item.asked()
            del self._entries[0]
            if not head.opened:
                continue
            done = "completed" if whole or head.item.complete() else "incomplete"
            events += head.item.close(done if self._entries else last_status)
        return events

    def _open(self, entry: Entry) -> list[Event]:
        entry.opened = True
        events = entry.item.open(self._next_index, entry.held)
        self._next_index += 1
        for piece in entry.held:
            events += entry.item.delta(piece)
        entry.held.clear()
        return events
