"""Which passages of a store are nearest to a vector, told by matrices that are kept in memory: every one is compared.

A matrix belongs to one store, and holds what its files' passages were when it was last asked. Files that came since are
read then, and those that are gone are left out; the store's version says whether there is anything to do. So two
processes over one database agree. 100,000 vectors of 384 numbers are 150 MB, and compared in about 10 ms. Needs numpy.
Not here: words. Counterpart: `pgvector.py`, where the database compares.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from antiphon.errors import StoreFault
from antiphon.store.asks import Fetch, Rows, Steps
from antiphon.store.operations.passages import Member, Snapshot
from antiphon.store.operations.rows import as_list
from antiphon.store.sql_backend import Backend

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]
    Keys = NDArray[np.int64]

MOST_BYTES = 2 * 1024**3
"""Matrices beyond this are forgotten, those first that weren't used for longest."""


class Near(Protocol):
    """Compares vectors."""

    async def ready(self) -> None:
        """Raise `StoreFault` where it can't."""

    def kept(self, vector: bytes) -> object:
        """A vector in the form in which its row has it."""
        ...

    async def nearest(
        self, store: Snapshot, members: Sequence[Member], chosen: Collection[int] | None, vector: bytes, limit: int
    ) -> list[int]:
        """The keys of passages, the nearest first; `chosen` are the keys of the only files that count."""
        ...

    async def grown(self, store: int, dimension: int) -> None:
        """A store has more passages than before."""

    async def gone(self, store: int) -> None:
        """A store is no more."""


@dataclass(slots=True)
class Matrix:
    """The vectors of one store, a row each, with the keys of passages and of their files."""

    keys: "Keys"
    files: "Keys"
    rows: "Numbers"
    version: int = -1
    since: dict[int, int] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def size(self) -> int:
        """Bytes."""
        return int(self.rows.nbytes + self.keys.nbytes + self.files.nbytes)


class MatrixNear:
    """Implements `Near` over a database that only keeps vectors."""

    def __init__(self, backend: Backend, most_bytes: int = MOST_BYTES) -> None:
        self._backend = backend
        self._most = most_bytes
        self._matrices: OrderedDict[int, Matrix] = OrderedDict()

    async def ready(self) -> None:
        _numpy()

    def kept(self, vector: bytes) -> object:
        return vector

    async def nearest(
        self, store: Snapshot, members: Sequence[Member], chosen: Collection[int] | None, vector: bytes, limit: int
    ) -> list[int]:
        matrix = self._matrix(store)
        async with matrix.lock:
            if matrix.version != store.version:
                await self._renew(matrix, store, members)
        self._forget()
        return await asyncio.to_thread(nearest, matrix, chosen, vector, limit)

    async def grown(self, store: int, dimension: int) -> None:
        del store, dimension

    async def gone(self, store: int) -> None:
        self._matrices.pop(store, None)

    def _matrix(self, store: Snapshot) -> Matrix:
        np = _numpy()
        matrix = self._matrices.get(store.key)
        if matrix is None or matrix.rows.shape[1] != store.dimension:
            none = np.empty(0, np.int64)
            matrix = Matrix(none, none, np.empty((0, store.dimension), np.float32))
            self._matrices[store.key] = matrix
        self._matrices.move_to_end(store.key)
        return matrix

    async def _renew(self, matrix: Matrix, store: Snapshot, members: Sequence[Member]) -> None:
        now = {member.key: member.since for member in members}
        fresh = [key for key, since in now.items() if matrix.since.get(key) != since]
        gone = [key for key, since in matrix.since.items() if now.get(key) != since]
        rows = await self._backend.read(partial(_vectors, fresh)) if fresh else ()
        await asyncio.to_thread(_change, matrix, gone, rows)
        matrix.since, matrix.version = now, store.version

    def _forget(self) -> None:
        while len(self._matrices) > 1 and sum(matrix.size for matrix in self._matrices.values()) > self._most:
            self._matrices.popitem(last=False)


def nearest(matrix: Matrix, chosen: Collection[int] | None, vector: bytes, limit: int) -> list[int]:
    """The keys of the passages that are nearest, of all or of the chosen files; equal ones by their keys."""
    np = _numpy()
    keys, rows = matrix.keys, matrix.rows
    if chosen is not None:
        there = np.isin(matrix.files, np.fromiter(chosen, np.int64, len(chosen)))
        keys, rows = keys[there], rows[there]
    if not len(keys):
        return []
    likeness = rows @ np.frombuffer(vector, np.float32)
    if len(keys) > limit:
        best = np.argpartition(-likeness, limit - 1)[:limit]
        keys, likeness = keys[best], likeness[best]
    return [int(key) for key in keys[np.lexsort((keys, -likeness))]]


def _change(matrix: Matrix, gone: Sequence[int], rows: Rows) -> None:
    """Leave out the vectors of files, and put others in."""
    np = _numpy()
    if gone:
        stay = ~np.isin(matrix.files, np.array(gone, np.int64))
        matrix.keys, matrix.files, matrix.rows = matrix.keys[stay], matrix.files[stay], matrix.rows[stay]
    fitting = [row for row in rows if len(row[2]) == matrix.rows.shape[1] * matrix.rows.itemsize]
    if not fitting:
        return
    count = len(fitting)
    new = np.frombuffer(b"".join(row[2] for row in fitting), np.float32).reshape(count, matrix.rows.shape[1])
    matrix.keys = np.concatenate([matrix.keys, np.fromiter((row[0] for row in fitting), np.int64, count)])
    matrix.files = np.concatenate([matrix.files, np.fromiter((row[1] for row in fitting), np.int64, count)])
    matrix.rows = np.concatenate([matrix.rows, new])


def _vectors(files: Sequence[int]) -> Steps[Rows]:
    return (yield Fetch("vectors_of_files", {"files": as_list(files)}))


def _numpy() -> Any:  # noqa: ANN401 - a module
    """The library that compares, which few have installed."""
    try:
        return import_module("numpy")
    except ModuleNotFoundError:
        raise StoreFault(
            "Vector stores need the package numpy, which isn't installed: pip install 'antiphon[files]'."
        ) from None
