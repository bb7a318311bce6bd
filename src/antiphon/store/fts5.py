"""Which passages have the words of a query, told by SQLite with its index FTS5. Counterpart: `tsvector.py`."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Literal

from antiphon.store.by_words import Counts
from antiphon.store.operations import passages
from antiphon.store.operations.passages import Member, Snapshot
from antiphon.store.sql_backend import Backend

COMMON = 3_000


class Fts5:
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
        total = sum(member.passages for member in members)
        which: Literal["any", "all"] = "any"
        if total > self._common and words:
            counts = await self._counted(store.key, words, total)
            rare = [word for word in words if 0 < counts[word] <= self._common]
            words, which = (rare, "any") if rare else ([word for word in words if counts[word]], "all")
        if not words:
            return []
        said = form(store.key, words, which)
        files = None if chosen is None else list(chosen)
        return await self._backend.read(partial(passages.with_words, store.key, said, files, limit))

    async def _counted(self, store: int, words: Sequence[str], total: int) -> dict[str, int]:
        known = self._counts.known(store, words, total)
        fresh = {word: form(store, [word], "any") for word in words if word not in known}
        if fresh:
            counts = await self._backend.read(partial(passages.counted, store, fresh, self._common + 1))
            self._counts.note(store, counts, total)
            known |= counts
        return known


def form(store: int, words: Sequence[str], which: Literal["any", "all"]) -> str:
    """The words as FTS5 takes them."""
    joined = {"any": " OR ", "all": " AND "}[which].join(f'"{word}"' for word in words)
    return f"words : s{store} AND {{text above}} : ({joined})"
