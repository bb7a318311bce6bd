"""`Vectors` on a SQL database: each method is one operation of `operations/`, and vectors are compared by a `Near`.

What a search must know of a store's files is kept in memory as long as the store's version is the same. Not here: how
vectors are compared (`near.py`, `pgvector.py`). Counterpart: `vectors.py`.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import msgspec

from antiphon.store.near import Near
from antiphon.store.operations import passages, vector_files, vector_stores
from antiphon.store.operations.passages import Member, Snapshot
from antiphon.store.pages import Page, PageQuery
from antiphon.store.sql_backend import Backend
from antiphon.store.vector_faults import check_attributes, check_vector_files, check_vector_store, other_dimension
from antiphon.store.vectors import (
    Attributes,
    Batch,
    Fault,
    FilePassage,
    FoundPassage,
    Held,
    NewPassage,
    Orders,
    Search,
    VectorFile,
    VectorStore,
)

KNOWN_STORES = 64
KNOWN_WORDS = 50_000
GROWN = 1.2
"""By so much a store may have grown before its words are counted again."""

Form = Callable[[int, Sequence[str], Literal["any", "all"]], str]


@dataclass(frozen=True, slots=True)
class Words:
    """How a database searches for words: `form` puts them into its own, for any or all of them.

    A word is common in a store if more than `common` passages have it: those are ranked only where there is no other.
    """

    form: Form
    common: int


def _fts5(store: int, words: Sequence[str], which: Literal["any", "all"]) -> str:
    joined = {"any": " OR ", "all": " AND "}[which].join(f'"{word}"' for word in words)
    return f"words : s{store} AND {{text above}} : ({joined})"


def _tsquery(store: int, words: Sequence[str], which: Literal["any", "all"]) -> str:
    del store
    return {"any": " | ", "all": " & "}[which].join(f"'{word}'" for word in words)


FTS5 = Words(_fts5, 3_000)
TSQUERY = Words(_tsquery, 700)


class SqlVectors:
    """Implements `Vectors`. `clock` gives Unix seconds."""

    def __init__(
        self, backend: Backend, near: Near, words: Words = FTS5, clock: Callable[[], float] = time.time
    ) -> None:
        self._backend = backend
        self._near = near
        self._words = words
        self._clock = clock
        self._members: OrderedDict[int, tuple[int, list[Member]]] = OrderedDict()
        self._counted: OrderedDict[tuple[int, str], tuple[int, int]] = OrderedDict()

    async def ready(self) -> None:
        await self._near.ready()

    async def create(self, project: str, store: VectorStore) -> None:
        check_vector_store(store)
        await self._backend.write(partial(vector_stores.create, project, store))

    async def get(self, project: str, store_id: str, *, counted: bool = True) -> VectorStore:
        return await self._backend.read(partial(vector_stores.get, project, store_id, counted=counted))

    async def list_all(self, project: str, page: PageQuery) -> Page[VectorStore]:
        return await self._backend.read(partial(vector_stores.list_all, project, page))

    async def update(self, project: str, store: VectorStore) -> VectorStore:
        check_vector_store(store)
        return await self._backend.write(partial(vector_stores.update, project, store))

    async def set_model(self, project: str, store_id: str, model: str) -> None:
        await self._backend.write(partial(vector_stores.set_model, project, store_id, model))

    async def touch(self, project: str, store_id: str, now: int) -> None:
        await self._backend.write(partial(vector_stores.touch, project, store_id, now))

    async def delete(self, project: str, store_id: str) -> None:
        known = await self._backend.read(partial(passages.snapshot, project, store_id))
        await self._backend.write(partial(vector_stores.delete, project, store_id))
        self._members.pop(known.key, None)
        await self._near.gone(known.key)

    async def attach(
        self, project: str, store_id: str, files: Sequence[VectorFile], batch: Batch | None = None
    ) -> None:
        check_vector_files(files, batch)
        await self._backend.write(partial(vector_files.attach, project, store_id, files, batch))

    async def file(self, project: str, store_id: str, file_id: str) -> VectorFile:
        return await self._backend.read(partial(vector_files.get, project, store_id, file_id))

    async def files(
        self, project: str, store_id: str, page: PageQuery, status: str = "", batch_id: str = ""
    ) -> Page[VectorFile]:
        return await self._backend.read(partial(vector_files.list_all, project, store_id, page, status, batch_id))

    async def set_attributes(self, project: str, store_id: str, file_id: str, attributes: Attributes) -> VectorFile:
        check_attributes(attributes)
        return await self._backend.write(partial(vector_files.set_attributes, project, store_id, file_id, attributes))

    async def detach(self, project: str, store_id: str, file_id: str) -> None:
        await self._backend.write(partial(vector_files.detach, project, store_id, file_id))

    async def forget(self, project: str, file_id: str) -> None:
        await self._backend.write(partial(vector_files.forget, project, file_id))

    async def content(self, project: str, store_id: str, file_id: str) -> list[FilePassage]:
        return await self._backend.read(partial(passages.content, project, store_id, file_id))

    async def batch(self, project: str, store_id: str, batch_id: str) -> Batch:
        return await self._backend.read(partial(vector_files.batch, project, store_id, batch_id))

    async def cancel(self, project: str, store_id: str, batch_id: str) -> Batch:
        return await self._backend.write(partial(vector_files.cancel, project, store_id, batch_id))

    async def hold(self, owner: str, until: float, limit: int) -> list[Held]:
        return await self._backend.write(partial(vector_files.hold, owner, self._clock(), until, limit))

    async def hold_longer(self, owner: str, until: float) -> None:
        await self._backend.write(partial(vector_files.hold_longer, owner, until))

    async def let_go(self, held: Held) -> None:
        await self._backend.write(partial(vector_files.let_go, held))

    async def finish(self, held: Held, passages_: Sequence[NewPassage], dimension: int) -> bool:
        kept = [_kept(one, self._near) for one in passages_]
        done = await self._backend.write(partial(passages.finish, held, kept, dimension))
        if done and dimension:
            await self._near.grown(held.store, dimension)
        return done

    async def fail(self, held: Held, fault: Fault, message: str) -> None:
        await self._backend.write(partial(vector_files.fail, held, fault, message))

    async def waiting(self) -> int:
        return await self._backend.read(vector_files.waiting)

    async def follow(self, model: str) -> int:
        return await self._backend.write(partial(vector_stores.follow, model))

    async def sweep(self, now: int, limit: int) -> int:
        return await self._backend.write(partial(vector_stores.sweep, now, limit))

    async def search(self, project: str, store_id: str, search: Search) -> Orders:
        store = await self._backend.read(partial(passages.snapshot, project, store_id))
        given = len(search.vector) // passages.NUMBER_BYTES
        if given and store.dimension not in {0, given}:
            raise other_dimension(store_id, store.dimension, given)
        members = await self._known(store)
        chosen = None
        if search.wanted is not None:
            chosen = [member.key for member in members if search.wanted(member.attributes)]
        if not members or chosen == []:
            return Orders([], [])
        by_vector = self._by_vector(store, members, chosen, search)
        return Orders(*await asyncio.gather(by_vector, self._by_word(store, members, chosen, search)))

    async def passages(self, project: str, store_id: str, keys: Sequence[int]) -> list[FoundPassage]:
        if not keys:
            return []
        return await self._backend.read(partial(passages.found, project, store_id, keys))

    async def _known(self, store: Snapshot) -> list[Member]:
        """The files of a store, read again when it has changed."""
        version, members = self._members.get(store.key, (-1, []))
        if version != store.version:
            members = await self._backend.read(partial(passages.members, store.key))
            self._members[store.key] = store.version, members
            if len(self._members) > KNOWN_STORES:
                self._members.popitem(last=False)
        return members

    async def _by_vector(
        self, store: Snapshot, members: list[Member], chosen: list[int] | None, search: Search
    ) -> list[int]:
        if not search.vector or not store.dimension:
            return []
        return await self._near.nearest(store, members, chosen, search.vector, search.limit)

    async def _by_word(
        self, store: Snapshot, members: list[Member], chosen: list[int] | None, search: Search
    ) -> list[int]:
        words = passages.words_of(search.words)
        total = sum(member.passages for member in members)
        which: Literal["any", "all"] = "any"
        if total > self._words.common and words:
            counts = await self._counts(store.key, words, total)
            rare = [word for word in words if 0 < counts[word] <= self._words.common]
            words, which = (rare, "any") if rare else ([word for word in words if counts[word]], "all")
        if not words:
            return []
        said = self._words.form(store.key, words, which)
        return await self._backend.read(partial(passages.with_words, store.key, said, chosen, search.limit))

    async def _counts(self, store: int, words: Sequence[str], total: int) -> dict[str, int]:
        """How many passages have each word, as far as it matters; known for as long as the store is about as large."""
        known = {word: self._counted.get((store, word), (0, 0)) for word in words}
        fresh = [word for word, (_, then) in known.items() if not then <= total <= then * GROWN]
        if fresh:
            forms = {word: self._words.form(store, [word], "any") for word in fresh}
            counts = await self._backend.read(partial(passages.counted, store, forms, self._words.common + 1))
            for word, count in counts.items():
                known[word] = self._counted[store, word] = (count, total)
            while len(self._counted) > KNOWN_WORDS:
                self._counted.popitem(last=False)
        return {word: count for word, (count, _) in known.items()}


def _kept(passage: NewPassage, near: Near) -> NewPassage:
    if not isinstance(passage.vector, bytes) or not passage.vector:
        return passage
    return msgspec.structs.replace(passage, vector=near.kept(passage.vector))
