"""`Vectors` on a SQL database: each method is one operation of `operations/`; a search asks a `Near` and a `ByWords`.

What a search must know of a store's files is kept in memory as long as the store's version is the same. Not here: how
vectors are compared (`near.py`, `pgvector.py`) and words found (`fts5.py`, `tsvector.py`). Counterpart: `vectors.py`.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import cast

import msgspec

from antiphon.store.by_words import ByWords
from antiphon.store.fts5 import Fts5
from antiphon.store.near import Near
from antiphon.store.operations import passages, vector_files, vector_records, vector_stores
from antiphon.store.operations.passages import Member, Snapshot
from antiphon.store.operations.vector_records import Intake
from antiphon.store.pages import Page, PageQuery
from antiphon.store.sql_backend import Backend
from antiphon.store.vector_faults import check_attributes, check_vector_files, check_vector_store, other_dimension
from antiphon.store.vector_records import VectorRecord
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


class SqlVectors:
    """Implements `Vectors`. `clock` gives Unix seconds."""

    def __init__(
        self, backend: Backend, near: Near, words: ByWords | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        """Without `words` they are found as SQLite finds them."""
        self._backend = backend
        self._near = near
        self._words = words or Fts5(backend)
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

    def kept(self, vector: bytes) -> object:
        """A vector as the database keeps it."""
        return self._near.kept(vector)

    async def grown(self) -> None:
        """Many stores may have grown, by other ways than `finish`."""
        for store, dimension in await self._backend.read(vector_stores.with_vectors):
            await self._near.grown(store, dimension)

    async def records(self) -> AsyncIterator[VectorRecord]:
        """All there is, as it is exported."""
        async with self._backend.snapshot() as read:
            for kind in vector_records.EXPORTS:
                after: int | None = 0
                while after is not None:
                    batch = await read(partial(kind, after))
                    for record in batch.records:
                        yield cast("VectorRecord", record)
                    after = batch.after

    async def take_in(self, record: VectorRecord) -> int:
        """Write an exported row that isn't there yet; how many."""
        intake = Intake(self._near.kept, self._clock())
        return await self._backend.write(partial(vector_records.take_in, record, intake))

    async def search(self, project: str, store_id: str, search: Search) -> Orders:
        store = await self._backend.read(partial(passages.snapshot, project, store_id))
        given = len(search.vector) // passages.NUMBER_BYTES
        if given and store.dimension not in {0, given}:
            raise other_dimension(store_id, store.dimension, given)
        members = await self._known(store)
        chosen = None
        if search.wanted is not None:
            chosen = frozenset(member.key for member in members if search.wanted(member.attributes))
        if not members or (chosen is not None and not chosen):
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
        self, store: Snapshot, members: list[Member], chosen: frozenset[int] | None, search: Search
    ) -> list[int]:
        if not search.vector or not store.dimension:
            return []
        return await self._near.nearest(store, members, chosen, search.vector, search.limit)

    async def _by_word(
        self, store: Snapshot, members: list[Member], chosen: frozenset[int] | None, search: Search
    ) -> list[int]:
        return await self._words.found(store, members, chosen, passages.words_of(search.words), search.limit)


def _kept(passage: NewPassage, near: Near) -> NewPassage:
    if not isinstance(passage.vector, bytes) or not passage.vector:
        return passage
    return msgspec.structs.replace(passage, vector=near.kept(passage.vector))
