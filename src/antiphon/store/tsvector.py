"""Which passages have the words of a query, told by PostgreSQL with its type tsvector.

Its index says which passages have a word, not how well: for that the words of each must be read. So one statement
looks each word up, counting no further than to what is common, takes the passages whose words are rarest together, and
ranks these alone. Counterpart: `fts5.py`, which ranks within its index.
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


class Tsvector:
    """Implements `ByWords`. Words that more than `common` passages have are ranked only where there is no other."""

    def __init__(self, backend: Backend, common: int = COMMON) -> None:
        self._backend = backend
        self._common = common
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
        known = self._counts.known(store.key, words, total)
        asked = [word for word in words if known.get(word, 1) in range(1, self._common + 1)]
        if asked:
            most = {"common": self._common, "total": float(total), "ranked": max(RANKED, limit)}
            keys, counts = await self._backend.read(partial(_rare, {**where, **most}, asked))
            if chosen is None:
                self._counts.note(store.key, counts, total)
            if keys:
                return keys
            known |= counts
        return await self._backend.read(partial(_all, {**where, "many": MANY}, [word for word in words if known[word]]))


def _any(words: Sequence[str]) -> str:
    return " | ".join(f"'{word}'" for word in words)


def _keys(query: str, where: dict[str, Any], words: str) -> Steps[list[int]]:
    return [row[0] for row in (yield Fetch(query, {**where, "words": words}))]


def _all(where: dict[str, Any], words: Sequence[str]) -> Steps[list[int]]:
    if not words:
        return []
    return (yield from _keys("passages_with_all_words", where, " & ".join(f"'{word}'" for word in words)))


def _rare(where: dict[str, Any], words: Sequence[str]) -> Steps[tuple[list[int], dict[str, int]]]:
    """The keys by the rare ones among the words, and how many passages have each."""
    rows = yield Fetch("passages_with_words", {**where, "words": as_list([f"'{word}'" for word in words])})
    counts = dict.fromkeys(words, 0) | {words[row[1] - 1]: row[2] for row in rows if row[0] is None}
    return [row[0] for row in rows if row[0] is not None], counts
