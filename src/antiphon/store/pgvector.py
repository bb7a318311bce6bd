"""Which passages of a store are nearest to a vector, told by PostgreSQL with its extension vector.

Below `EXACT` passages every one is compared; beyond, a store has an HNSW index of its own, made when it grows
so large, while others write. One process makes it; until it is whole, every passage is compared.
With a filter that leaves few, those are compared again. Not here: words. Counterpart: `near.py`, for databases that
only keep vectors.
"""

import asyncio
import struct
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Protocol

from antiphon.errors import StoreFault
from antiphon.store.asks import Fetch, Operation, Steps
from antiphon.store.operations.passages import NUMBER_BYTES, Member, Snapshot
from antiphon.store.operations.rows import as_list
from antiphon.store.sql_backend import Backend
from antiphon.store.vector_faults import no_pgvector

EXACT = 10_000
MOST_DIMENSIONS = 2_000
"""Longer vectors have no index."""
SEEN, NEAREST_SEEN, MOST_SEEN = 2_500, 100, 1_000
"""Of so many passages one is looked at by an index; but so many at least, and so many at most."""

Names = Mapping[str, str | int]


class Database(Backend, Protocol):
    """A backend whose database makes indexes while others write."""

    async def build(self, operation: Operation[None]) -> None:
        """Carry the operation out aside, each statement by itself, however long it takes."""


class PgvectorNear:
    """Implements `Near`."""

    def __init__(self, backend: Database, exact: int = EXACT) -> None:
        self._backend = backend
        self._exact = exact
        self._schema = ""
        self._indexed: set[int] = set()
        self._making = asyncio.Lock()

    async def ready(self) -> None:
        if self._schema:
            return
        try:
            self._schema = await self._backend.read(_schema) or await self._backend.write(_installed)
        except StoreFault:
            raise no_pgvector() from None

    def kept(self, vector: bytes) -> object:
        return numbers(vector)

    async def nearest(
        self, store: Snapshot, members: Sequence[Member], chosen: Collection[int] | None, vector: bytes, limit: int
    ) -> list[int]:
        await self.ready()
        counted = sum(member.passages for member in members if chosen is None or member.key in chosen)
        names: Names = {
            "schema": self._schema,
            "store": store.key,
            "dimension": store.dimension,
            "limit": limit,
            "reach": reach(sum(member.passages for member in members)),
        }
        by_index = counted > self._exact and await self._has_index(store.key)
        nearest = partial(_nearest, names, chosen, numbers(vector))
        found = await self._backend.read(partial(nearest, by_index=by_index))
        if by_index and len(found) < limit:
            # The index gives up where those that the filter leaves are far from the vector.
            return await self._backend.read(partial(nearest, by_index=False))
        return found

    async def grown(self, store: int, dimension: int) -> None:
        if store in self._indexed or not 0 < dimension <= MOST_DIMENSIONS:
            return
        if await self._backend.read(partial(_counted, store)) <= self._exact:
            return
        async with self._making:
            await self.ready()
            names: Names = {"schema": self._schema, "store": store, "dimension": dimension}
            if not await self._has_index(store):
                await self._backend.build(partial(_make_index, names))

    async def gone(self, store: int) -> None:
        self._indexed.discard(store)
        await self._backend.write(partial(_drop_index, {"store": store}))

    async def _has_index(self, store: int) -> bool:
        if store not in self._indexed and await self._backend.read(partial(_indexed, {"store": store})):
            self._indexed.add(store)
        return store in self._indexed


def reach(passages: int) -> int:
    """How many passages the index of a store looks at before it tells the nearest: in a larger one more are near."""
    return min(max(passages // SEEN, NEAREST_SEEN), MOST_SEEN)


def numbers(vector: bytes) -> list[float]:
    """The numbers of a vector."""
    return list(struct.unpack(f"<{len(vector) // NUMBER_BYTES}f", vector))


def _schema() -> Steps[str]:
    rows = yield Fetch("vector_schema", {})
    return rows[0][0] if rows else ""


def _installed() -> Steps[str]:
    yield Fetch("make_vector_extension", {})
    return (yield from _schema())


def _make_index(names: Names) -> Steps[None]:
    """Make a store's index, unless another is at it; what is left of one that was given up is of no use."""
    if not (yield Fetch("hold_vector_index", {}, names))[0][0] or (yield from _indexed(names)):
        return
    yield Fetch("drop_vector_index", {}, names)
    yield Fetch("make_vector_index", {}, names)
    if not (yield Fetch("vector_store_is_there", {"store": names["store"]})):
        yield Fetch("drop_vector_index", {}, names)


def _drop_index(names: Names) -> Steps[None]:
    """Drop a store's index; whoever is making it drops it afterwards."""
    if (yield Fetch("hold_vector_index_briefly", {}, names))[0][0]:
        yield Fetch("drop_vector_index", {}, names)


def _counted(store: int) -> Steps[int]:
    return int((yield Fetch("count_passages", {"store": store}))[0][0])


def _indexed(names: Names) -> Steps[bool]:
    return bool((yield Fetch("has_vector_index", {}, names))[0][0])


def _nearest(names: Names, chosen: Collection[int] | None, vector: list[float], *, by_index: bool) -> Steps[list[int]]:
    query = "nearest" if chosen is None else "nearest_of_files"
    where: dict[str, object] = {"vector": vector}
    if chosen is not None:
        where["files"] = as_list(list(chosen))
    if by_index:
        query += "_by_index"
    else:
        where |= {"store": names["store"], "limit": names["limit"]}
    return [row[0] for row in (yield Fetch(query, where, names))]
