"""`Vectors` on a SQL database: each method is one operation of `operations/`, and vectors are compared by a `Near`.

What a search must know of a store's files is kept in memory as long as the store's version is the same. Not here: how
vectors are compared (`near.py`, `pgvector.py`). Counterpart: `vectors.py`.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from antiphon.store.near import Near
from antiphon.store.operations import passages, vector_files, vector_stores
from antiphon.store.operations.passages import Member, Snapshot
from antiphon.store.pages import Page, PageQuery
from antiphon.store.sql_backend import Backend
from antiphon.store.vector_faults import check_vector_files, check_vector_store, other_dimension
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

Words = Callable[[int, Sequence[str]], str]


def fts5_words(store: int, words: Sequence[str]) -> str:
    """Any of the words, in the passages of one store, as SQLite's full-text search has it."""
    either = " OR ".join(f'"{word}"' for word in words)
    return f"words : s{store} AND {{text above}} : ({either})"


def tsquery_words(store: int, words: Sequence[str]) -> str:
    """Any of the words, as PostgreSQL's text search has it."""
    del store
    return " | ".join(f"'{word}'" for word in words)


class SqlVectors:
    """Implements `Vectors`. `words` puts words into the database's own form; `clock` gives Unix seconds."""

    def __init__(
        self, backend: Backend, near: Near, words: Words = fts5_words, clock: Callable[[], float] = time.time
    ) -> None:
        self._backend = backend
        self._near = near
        self._words = words
        self._clock = clock
        self._members: OrderedDict[int, tuple[int, list[Member]]] = OrderedDict()

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
        return await self._backend.write(partial(vector_files.set_attributes, project, store_id, file_id, attributes))

    async def detach(self, project: str, store_id: str, file_id: str) -> None:
        await self._backend.write(partial(vector_files.detach, project, store_id, file_id))

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
        return Orders(*await asyncio.gather(by_vector, self._by_word(store, chosen, search)))

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

    async def _by_word(self, store: Snapshot, chosen: list[int] | None, search: Search) -> list[int]:
        words = passages.words_of(search.words)
        if not words:
            return []
        said = self._words(store.key, words)
        return await self._backend.read(partial(passages.with_words, store.key, said, chosen, search.limit))


def _kept(passage: NewPassage, near: Near) -> NewPassage:
    if not isinstance(passage.vector, bytes) or not passage.vector:
        return passage
    return msgspec.structs.replace(passage, vector=near.kept(passage.vector))
