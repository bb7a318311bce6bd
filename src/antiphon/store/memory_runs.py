"""`store.runs` in plain dicts, beside the answers of a `MemoryStore`. Counterpart: `sql_runs.py`."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from antiphon.errors import AntiphonError
from antiphon.store.deliveries import Deliveries, Delivery
from antiphon.store.faults import check_answer, locked, taken
from antiphon.store.memory_rows import Run, Tenant
from antiphon.store.runs import (
    ANY,
    FOREVER,
    Batch,
    Lease,
    Log,
    NewRun,
    Quota,
    Standing,
    Step,
    StoredRun,
    Unfinished,
    lease_lost,
    no_run,
)
from antiphon.wire.answers import Answer


class SaveAnswer(Protocol):
    """Keeps an answer as the whole store does."""

    def __call__(self, project: str, answer: Answer) -> Awaitable[None]:
        """Keep it, or raise."""
        ...


class MemoryRuns:
    """Runs over the rows of a store. `clock` (Unix seconds) is the time that leases expire by."""

    def __init__(
        self,
        projects: dict[str, Tenant],
        save_answer: SaveAnswer,
        deliveries: Deliveries,
        clock: Callable[[], float],
    ) -> None:
        self._projects = projects
        self._save_answer = save_answer
        self._deliveries = deliveries
        self._clock = clock
        self._serial = 0

    async def create(self, project: str, run: NewRun, owner: str | None, seconds: float) -> Lease:
        check_answer(run.answer)
        tenant, answer = self._projects.setdefault(project, Tenant()), run.answer
        if answer.id in tenant.runs:
            raise taken("run", answer.id)
        if answer.conversation_id is not None:
            talk = tenant.talk(answer.conversation_id, "conversation")
            if talk.held_against(answer.id, self._clock()):
                raise locked(answer.conversation_id)
            talk.owner, talk.expires = answer.id, self._clock() + FOREVER
        await self._save_answer(project, answer)
        row = StoredRun(
            project=project,
            id=answer.id,
            request=run.request,
            state=run.state,
            secrets=run.secrets,
            priority=run.priority,
            upstream=run.upstream,
            caller=run.caller,
            owner=owner,
            expires=self._clock() + seconds if owner else 0.0,
            fence=1,
            cancel=False,
            ended=False,
        )
        self._serial += 1
        tenant.runs[answer.id] = Run(row, self._serial, [run.events])
        return row.lease

    async def claim(self, owner: str, seconds: float, limit: int, quota: Quota = ANY) -> list[StoredRun]:
        now = self._clock()
        open_runs = [run for run in self._all() if not run.row.ended]
        free = sorted(
            (run for run in open_runs if run.row.expires <= now), key=lambda run: (-run.row.priority, run.serial)
        )
        busy = [run.row for run in open_runs if run.row.expires > now]
        of_project, to_upstream = Counter(row.project for row in busy), Counter(row.upstream for row in busy)
        ranked: list[tuple[int, int, int, Run]] = []
        for run in free:
            of_project[run.row.project] += 1
            if of_project[run.row.project] <= quota.of_project:
                ranked.append((-run.row.priority, of_project[run.row.project], run.serial, run))
        chosen: list[Run] = []
        for *_, run in sorted(ranked, key=lambda rank: rank[:3]):
            to_upstream[run.row.upstream] += 1
            if to_upstream[run.row.upstream] <= quota.to_upstream:
                chosen.append(run)
        return [self._take(run, owner, seconds) for run in chosen[:limit]]

    async def seize(self, project: str, run_id: str, owner: str, seconds: float) -> StoredRun | None:
        run = self._find(project, run_id)
        return None if run.row.ended else self._take(run, owner, seconds)

    async def renew(self, leases: Sequence[Lease], seconds: float) -> Standing:
        standing = Standing([], [])
        for lease in leases:
            run = self._held(lease)
            if run is None:
                standing.lost.append((lease.project, lease.id))
                continue
            _change(run, expires=self._clock() + seconds)
            if run.row.cancel:
                standing.cancelled.append((lease.project, lease.id))
        return standing

    async def release(self, leases: Sequence[Lease]) -> None:
        for run in filter(None, map(self._held, leases)):
            _change(run, owner=None, expires=0.0)

    async def append(self, batches: Sequence[tuple[Lease, Batch]]) -> list[AntiphonError | None]:
        return [self._append(lease, batch) for lease, batch in batches]

    async def save(self, lease: Lease, step: Step) -> None:
        run = self._writing(lease)
        response = self._projects[lease.project].response(lease.id)
        kept = (*response.answer.output[: step.place], *step.items)
        body = response.answer.body if step.body is None else step.body
        response.answer = msgspec.structs.replace(response.answer, output=kept, status=step.status, body=body)
        _change(run, state=step.state)
        if step.events is not None:
            run.log.append(step.events)

    async def finish(self, lease: Lease, answer: Answer, events: Batch, deliveries: Sequence[Delivery] = ()) -> None:
        run = self._writing(lease)
        await self._save_answer(lease.project, answer)
        await self._deliveries.add(deliveries)
        run.log.append(events)
        run.ended_at = self._clock()
        _change(run, request=b"", state=b"", secrets=None, owner=None, expires=0.0, ended=True)

    async def cancel(self, project: str, run_id: str) -> None:
        run = self._find(project, run_id)
        if not run.row.ended:
            _change(run, cancel=True)

    async def get(self, project: str, run_id: str) -> StoredRun:
        return self._find(project, run_id).row

    async def events_after(self, project: str, run_id: str, after: int, limit: int = 200) -> Log:
        run = self._find(project, run_id)
        start = bisect_left(run.log, after + 1, key=lambda batch: batch.last)
        batches = run.log[start : start + limit]
        return Log(batches, ended=run.row.ended and len(batches) < limit)

    async def unfinished(self, project: str, caller: str | None = None) -> Unfinished:
        rows = [run.row for run in self._all() if not run.row.ended]
        own = [row for row in rows if row.project == project]
        return Unfinished(len(own), len(rows), sum(row.caller == caller is not None for row in own))

    async def sweep(self, before: float, limit: int) -> int:
        old = [run for run in self._all() if run.ended_at is not None and run.ended_at < before]
        gone = sorted(old, key=lambda run: run.ended_at or 0.0)[:limit]
        for run in gone:
            del self._projects[run.row.project].runs[run.row.id]
        return len(gone)

    def _all(self) -> list[Run]:
        return [run for tenant in self._projects.values() for run in tenant.runs.values()]

    def _find(self, project: str, run_id: str) -> Run:
        tenant = self._projects.get(project)
        if tenant is None or run_id not in tenant.runs:
            raise no_run(run_id)
        return tenant.runs[run_id]

    def _held(self, lease: Lease) -> Run | None:
        """The run, if the lease is good."""
        tenant = self._projects.get(lease.project)
        run = tenant.runs.get(lease.id) if tenant else None
        return run if run and run.row.fence == lease.fence and not run.row.ended else None

    def _writing(self, lease: Lease) -> Run:
        """The run, or `LeaseLost`."""
        run = self._held(lease)
        if run is None:
            raise lease_lost(lease.id)
        return run

    def _append(self, lease: Lease, batch: Batch) -> AntiphonError | None:
        run = self._held(lease)
        if run is None:
            return lease_lost(lease.id)
        run.log.append(batch)
        return None

    def _take(self, run: Run, owner: str, seconds: float) -> StoredRun:
        _change(run, owner=owner, expires=self._clock() + seconds, fence=run.row.fence + 1)
        return run.row


def _change(run: Run, **fields: object) -> None:
    run.row = msgspec.structs.replace(run.row, **fields)
