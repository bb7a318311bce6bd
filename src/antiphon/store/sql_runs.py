"""`store.runs` on a SQL database. Not here: what an operation does (`operations/runs.py`).

Counterpart: `memory_runs.py`, the same without a database.
"""

from collections.abc import Callable, Sequence
from functools import partial

from antiphon.errors import AntiphonError
from antiphon.store.deliveries import Delivery
from antiphon.store.faults import check_answer
from antiphon.store.operations import runs
from antiphon.store.runs import ANY, Batch, Lease, Log, NewRun, Quota, Standing, Step, StoredRun, Unfinished
from antiphon.store.sql_backend import Backend
from antiphon.wire.answers import Answer

FRESH = 1 / 3
"""The part of a lease that goes by before it is written anew: many runs are many rows, and each write is a disk's."""


class SqlRuns:
    """Runs over a backend. `clock` (Unix seconds) is the time that leases expire by."""

    def __init__(self, backend: Backend, clock: Callable[[], float]) -> None:
        self._backend = backend
        self._clock = clock

    async def create(self, project: str, run: NewRun, owner: str | None, seconds: float) -> Lease:
        check_answer(run.answer)
        now = self._clock()
        return await self._backend.write(partial(runs.create, project, run, owner, now + seconds, now))

    async def claim(self, owner: str, seconds: float, limit: int, quota: Quota = ANY) -> list[StoredRun]:
        now = self._clock()
        if not await self._backend.read(partial(runs.waiting, now)):
            return []
        return await self._backend.write(partial(runs.claim, owner, now + seconds, limit, quota, now))

    async def seize(self, project: str, run_id: str, owner: str, seconds: float) -> StoredRun | None:
        return await self._backend.write(partial(runs.seize, project, run_id, owner, self._clock() + seconds))

    async def renew(self, leases: Sequence[Lease], seconds: float) -> Standing:
        expires = self._clock() + seconds
        standing, due = await self._backend.read(partial(runs.standing, leases, expires - seconds * FRESH))
        if not due:
            return standing
        renewed = await self._backend.write(partial(runs.renew, due, expires))
        return Standing([*standing.lost, *renewed.lost], standing.cancelled)

    async def release(self, leases: Sequence[Lease]) -> None:
        await self._backend.write(partial(runs.release, leases))

    async def append(self, batches: Sequence[tuple[Lease, Batch]]) -> list[AntiphonError | None]:
        return await self._backend.write(partial(runs.append, batches))

    async def save(self, lease: Lease, step: Step) -> None:
        await self._backend.write(partial(runs.save, lease, step))

    async def finish(self, lease: Lease, answer: Answer, events: Batch, deliveries: Sequence[Delivery] = ()) -> None:
        check_answer(answer)
        await self._backend.write(partial(runs.finish, lease, answer, events, deliveries, self._clock()))

    async def cancel(self, project: str, run_id: str) -> None:
        await self._backend.write(partial(runs.cancel, project, run_id))

    async def get(self, project: str, run_id: str) -> StoredRun:
        return await self._backend.read(partial(runs.get, project, run_id))

    async def events_after(self, project: str, run_id: str, after: int, limit: int = 200) -> Log:
        return await self._backend.read(partial(runs.events_after, project, run_id, after, limit))

    async def unfinished(self, project: str, caller: str | None = None) -> Unfinished:
        return await self._backend.read(partial(runs.unfinished, project, caller))

    async def sweep(self, before: float, limit: int) -> int:
        return await self._backend.write(partial(runs.sweep, before, limit))
