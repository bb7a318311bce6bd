"""Which passages have the words of a query, told by PostgreSQL with its type tsvector.

Its index says which passages have a word, not how well: for that the words of each must be read. So one statement
looks each word up, counting no further than to what is common, takes the passages whose words are rarest together, and
ranks these alone. To look a word up that half of a large store has is slow all the same: which words these are, it asks
the planner's statistics. Counterpart: `fts5.py`, which ranks within its index.
"""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from antiphon.store.asks import Fetch, Steps
from antiphon.store.by_words import Counts
from antiphon.store.operations.passages import Member, Snapshot
from antiphon.store.operations.rows import as_list
from antiphon.store.sql_backend import Backend

COMMON = 700
RANKED = 300
"""Passages whose words are read to rank them."""
MANY = 2_000
"""Passages that are ranked where all words are common; and those of chosen files that are looked at one by one."""
LARGE = 10_000
"""Beyond so many passages of a store statistics are asked first."""
SURELY = 1.5
"""By so much statistics must say more than is common; they are of a sample."""


class Tsvector:
    """Implements `ByWords`. Words that more than `common` passages have are ranked only where there is no other."""

    def __init__(self, backend: Backend, common: int = COMMON, large: int = LARGE) -> None:
        self._backend = backend
        self._common = common
        self._large = large
        self._counts = Counts()

    async def found(
        self,
        store: Snapshot,
        members: Sequence[Member],
        chosen: Collection[int] | None,
        words: Sequence[str],
        limit: int,
    ) -> list[int]:
        if not words:
            return []
        where: dict[str, Any] = {"store": store.key, "limit": limit, "files": None}
        if chosen is not None:
            where["files"] = as_list(list(chosen))
            if sum(member.passages for member in members if member.key in chosen) <= MANY:
                return await self._backend.read(partial(_keys, "passages_of_few_files_with_words", where, _any(words)))
        total = sum(member.passages for member in members)
        known = await self._known(store.key, words, total)
        asked = [word for word in words if known.get(word, 1) in range(1, self._common + 1)]
        if asked:
            most = {"common": self._common, "total": float(total), "ranked": max(RANKED, limit)}
            keys, counts = await self._backend.read(partial(_rare, {**where, **most}, asked))
            if chosen is None:
                self._counts.note(store.key, counts, total)
            if keys:
                return keys
            known |= counts
        common = sorted((word for word in words if known[word]), key=lambda word: known[word])
        return await self._together({**where, "total": float(total), "many": MANY}, common)

    async def _together(self, where: dict[str, Any], words: Sequence[str]) -> list[int]:
        """Passages that have all of the words, given by how rare they are; or all but the last; and so on."""
        keys: list[int] = []
        for amount in range(len(words), 0, -1):
            asked = " & ".join(f"'{word}'" for word in words[:amount])
            keys = await self._backend.read(partial(_keys, "passages_with_all_words", where, asked))
            if keys:
                break
        return keys

    async def _known(self, store: int, words: Sequence[str], total: int) -> dict[str, int]:
        """How many passages have a word, where that was counted before or statistics say that it is common."""
        known = self._counts.known(store, words, total)
        fresh = [word for word in words if word not in known]
        if total > self._large and fresh:
            least = SURELY * self._common
            counts = await self._backend.read(partial(_common, fresh, {"total": float(total), "least": least}))
            self._counts.note(store, counts, total)
            known |= counts
        return known


def _common(words: Sequence[str], where: dict[str, Any]) -> Steps[dict[str, int]]:
    """Those that more passages have than the least, whatever passages other stores have, and how many."""
    rows = yield Fetch("common_words", {**where, "words": as_list([f"'{word}'" for word in words])})
    return {words[row[0] - 1]: row[1] for row in rows}


def _any(words: Sequence[str]) -> str:
    return " | ".join(f"'{word}'" for word in words)


def _keys(query: str, where: dict[str, Any], words: str) -> Steps[list[int]]:
    return [row[0] for row in (yield Fetch(query, {**where, "words": words}))]


def _rare(where: dict[str, Any], words: Sequence[str]) -> Steps[tuple[list[int], dict[str, int]]]:
    """The keys by the rare ones among the words, and how many passages have each."""
    rows = yield Fetch("passages_with_words", {**where, "words": as_list([f"'{word}'" for word in words])})
    counts = dict.fromkeys(words, 0) | {words[row[1] - 1]: row[2] for row in rows if row[0] is None}
    return [row[0] for row in rows if row[0] is not None], counts
