"""Group commit: what is asked while one transaction is under way goes into the next one, together.

A `GroupCommit` is given works and gives a future for each, which is done after its transaction was. It
doesn't know a database: `commit` is handed in. Whoever awaits a future may be cancelled; the work goes on.
Counterparts: `sqlite.py` and `postgres.py`, which commit a group.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from msgspec import Struct

from antiphon.errors import AntiphonError, StoreFault
from antiphon.store.asks import Operation
from antiphon.store.operations.saving import Lock, Save, lock_all, save_all

MOST = 256

# An answer to save, a conversation to hold, or any other operation that writes.
Work = Save | Lock | Operation[Any]
# The result of a work, or why there is none.
Outcome = Any


class Unit(Struct, frozen=True):
    """Works that are carried out as one operation: several of one kind, or one other."""

    operation: Operation[Any]
    merged: bool

    def outcomes(self, result: Any) -> list[Outcome]:  # noqa: ANN401 - whatever the operation gives
        """One outcome for each of the works."""
        return list(result) if self.merged else [result]


def units(works: Sequence[Work], now: float) -> list[Unit]:
    """Neighbouring answers together, and locks; everything else by itself, in the order asked."""
    made: list[Unit] = []
    for kind, group in groupby(works, type):
        if kind is Save:
            saves = [work for work in group if isinstance(work, Save)]
            made.append(Unit(partial(save_all, saves, now), merged=True))
        elif kind is Lock:
            locks = [work for work in group if isinstance(work, Lock)]
            made.append(Unit(partial(lock_all, locks, now), merged=True))
        else:
            made += [Unit(work, merged=False) for work in group if not isinstance(work, Save | Lock)]
    return made


class GroupCommit:
    """Collects works and has them committed, one group at a time."""

    def __init__(self, commit: Callable[[Sequence[Work]], Awaitable[Sequence[Outcome]]]) -> None:
        """`commit` gives one outcome for each work, in order, once the transaction is durable."""
        self._commit = commit
        self._waiting: list[tuple[Work, asyncio.Future[Any]]] = []
        self._pump: asyncio.Task[None] | None = None
        self._closed = False

    def add(self, work: Work) -> asyncio.Future[Any]:
        """Have the work committed; the future is its result. Cancelling the future changes nothing."""
        self.check_open()
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        if self._pump is None:
            self._pump = asyncio.create_task(self._commit_groups())
        return future

    def check_open(self) -> None:
        """Raise `StoreFault` when it has been closed."""
        if self._closed:
            raise StoreFault("The store has been closed.")

    async def close(self) -> bool:
        """Take nothing more, and wait for what was taken; False when it was closed before."""
        if self._closed:
            return False
        self._closed = True
        if self._pump is not None:
            await asyncio.wait([self._pump])
        return True

    async def _commit_groups(self) -> None:
        """Commit until nothing waits."""
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._commit_one(group)
        finally:
            self._pump = None

    async def _commit_one(self, group: Sequence[tuple[Work, asyncio.Future[Any]]]) -> None:
        """Commit one group and tell those who wait."""
        outcomes: Sequence[Outcome] = ()
        try:
            outcomes = await self._commit([work for work, _ in group])
        finally:
            # A defect of ours must not leave anyone waiting; it goes on to the task, which reports it.
            lost = [StoreFault("The store broke down while saving.") for _ in group[len(outcomes) :]]
            for (_, future), outcome in zip(group, (*outcomes, *lost), strict=True):
                settle(future, outcome)


def settle(future: asyncio.Future[Any], outcome: Outcome) -> None:
    """Tell the one who waits, if anyone does."""
    if future.done():
        return
    if isinstance(outcome, AntiphonError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def unattended(future: asyncio.Future[Any]) -> None:
    """Let the work go on without anyone waiting: a fault of it is nobody's business."""
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
