"""Matrices in memory: read once, changed by what came and went, and forgotten when they are too many."""

import asyncio
from functools import partial
from typing import TypeVar

import numpy as np
import pytest
from sample_vectors import vector

from antiphon.store.asks import Fetch, Operation
from antiphon.store.near import Matrix, MatrixNear, nearest
from antiphon.store.operations.passages import Member, Snapshot
from antiphon.store.sqlite_memory import SqliteMemory

Result = TypeVar("Result")


class Reading(SqliteMemory):
    """Gives vectors, and counts how often it was asked."""

    def __init__(self, rows: list[tuple[int, int, bytes]]) -> None:
        super().__init__()
        self.rows = rows
        self.asked: list[object] = []

    async def read(self, operation: Operation[Result]) -> Result:
        steps = operation()
        ask = next(steps)
        assert isinstance(ask, Fetch)
        files = list(map(int, str(ask.params["files"]).strip("[]").split(",")))
        self.asked.append(files)
        try:
            steps.send([row for row in self.rows if row[1] in files])
        except StopIteration as end:
            result: Result = end.value
            return result
        raise AssertionError


def member(key: int, since: int = 0) -> Member:
    return Member(key, f"file-{key}", "f", {}, since, 1)


async def test_only_what_came_is_read_and_what_went_is_left_out() -> None:
    backend = Reading([(1, 1, vector(1, 0)), (2, 2, vector(0, 1)), (3, 2, vector(1)), (4, 3, vector(0.6, 0.8))])
    near = MatrixNear(backend)
    ask = partial(near.nearest, vector=vector(1, 0), limit=5)
    await near.ready()
    assert await ask(Snapshot(7, 1, "m", 2), [member(1), member(2)], None) == [1, 2]
    assert await ask(Snapshot(7, 1, "m", 2), [member(1), member(2)], [2]) == [2]
    assert await ask(Snapshot(7, 2, "m", 2), [member(2), member(3)], None) == [4, 2]
    assert backend.asked == [[1, 2], [3]]
    backend.rows[1] = (9, 2, vector(1, 0))
    assert await ask(Snapshot(7, 3, "m", 2), [member(2, since=3)], None) == [9]
    await near.gone(7)
    await near.gone(7)
    await near.grown(7, 2)
    assert near.kept(b"1234") == b"1234"
    assert await ask(Snapshot(7, 3, "m", 2), [member(2, since=3)], None) == [9]
    await backend.close()


async def test_matrices_beyond_the_limit_are_forgotten() -> None:
    backend = Reading([(number, number, vector(1, 0)) for number in range(1, 4)])
    near = MatrixNear(backend, most_bytes=50)
    for store in (1, 2, 3, 3, 1):
        await near.nearest(Snapshot(store, 1, "m", 2), [member(store)], None, vector(1, 0), 5)
    assert backend.asked == [[1], [2], [3], [1]]
    await backend.close()


@pytest.mark.parametrize("limit", [1, 3, 10])
async def test_the_nearest_are_the_nearest(limit: int) -> None:
    rows = np.random.default_rng(1).normal(size=(50, 8)).astype(np.float32)
    matrix = Matrix(np.arange(50), np.arange(50) % 5, rows, lock=asyncio.Lock())
    asked = rows[17]
    likeness = rows @ asked
    assert nearest(matrix, None, asked.tobytes(), limit) == list(np.argsort(-likeness))[:limit]
    assert all(key % 5 == 2 for key in nearest(matrix, [2], asked.tobytes(), limit))
    assert nearest(matrix, [], asked.tobytes(), limit) == []
