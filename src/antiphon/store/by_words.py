"""The `ByWords` protocol: which passages of a store have the words of a query, the best first.

Words that most passages have tell nothing and cost most, so that each is counted, and remembered for as long as its
store is about as large. Not here: which words of a query count (`operations/passages.py`), vectors (`near.py`).
Counterparts: `fts5.py` on SQLite, `tsvector.py` on PostgreSQL.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from antiphon.store.operations.passages import Member, Snapshot

KNOWN_WORDS = 50_000
GROWN = 1.2
"""By so much a store may have grown before its words are counted again."""


class ByWords(Protocol):
    """Finds passages by words."""

    async def found(
        self,
        store: Snapshot,
        members: Sequence[Member],
        chosen: Collection[int] | None,
        words: Sequence[str],
        limit: int,
    ) -> list[int]:
        """The keys of passages that have some of the words, or most where each is common; `chosen` as of `Near`."""


class Counts:
    """How many passages of a store have a word, as far as it is known."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, str], tuple[int, int]] = OrderedDict()

    def known(self, store: int, words: Sequence[str], total: int) -> dict[str, int]:
        """Those that are known of a store which has so many passages by now."""
        rows = [(word, *self._known.get((store, word), (0, 0))) for word in words]
        return {word: count for word, count, then in rows if then <= total <= then * GROWN and then}

    def note(self, store: int, counts: Mapping[str, int], total: int) -> None:
        """Remember, while a store has so many passages."""
        for word, count in counts.items():
            self._known[store, word] = (count, total)
            self._known.move_to_end((store, word))
        while len(self._known) > KNOWN_WORDS:
            self._known.popitem(last=False)
