"""Runs are carried out by one worker at a time: its own, and those that nobody holds any more."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import engine_answers
import pytest
from runner.test_background import NoTools
from sample_rows import Clock

from antiphon.engine import run_state
from antiphon.engine.commands import CallUpstream
from antiphon.engine.durable import DurableRun
from antiphon.engine.replies import Reply, UpstreamDone, UpstreamOpened
from antiphon.engine.resuming import Resumption
from antiphon.runner.worker import LEASE, Job, Worker
from antiphon.store.memory import MemoryStore
from antiphon.store.memory_runs import MemoryRuns
from antiphon.store.runs import Batch, Lease, NewRun, Standing, StoredRun
from antiphon.testing.playbook import chunks, said

PATIENCE = 30.0


class Scene:
    """A store in memory, and workers on it whose model answers when it may."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = MemoryStore(self.clock)
        self.may = asyncio.Event()
        self.asked: list[str] = []

    def worker(self, name: str) -> Worker:
        async def ask(_: CallUpstream) -> AsyncGenerator[Reply, None]:
            self.asked.append(name)
            yield UpstreamOpened()
            await self.may.wait()
            yield chunks(said(content="Hello", finish="stop"))
            yield UpstreamDone(marked=True)

        worker = Worker(self.store.runs, self.store.signals, ask, name)
        worker.take_up = self.taken_up
        return worker

    async def taken_up(self, stored: StoredRun) -> Job:
        state = run_state.decode(stored.state)
        plan = engine_answers.planned(background=True).plan
        return Job(DurableRun(plan, engine_answers.sources(), resumed=Resumption(state)), NoTools())

    async def begin(self, worker: Worker) -> str:
        run = DurableRun(engine_answers.planned(background=True).plan, engine_answers.sources())
        queued = run.enqueue()
        lines = b"\n".join(map(run_state.encode, queued.events.events))
        new = NewRun(answer=queued.answer, events=Batch(0, 1, lines), request=b"", state=run_state.encode(queued.state))
        await worker.begin("p", new, Job(run, NoTools()))
        return run.id

    async def status(self, run_id: str, wanted: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while (await self.store.get_answer("p", run_id)).status != wanted:  # noqa: ASYNC110 - a store has no event
                await asyncio.sleep(0.005)

    async def asked_by(self, *names: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.asked != list(names):  # noqa: ASYNC110 - what is waited for is a plain list
                await asyncio.sleep(0.005)


async def test_a_run_is_carried_out_by_whom_it_was_brought_to() -> None:
    scene = Scene()
    worker = scene.worker("a")
    scene.may.set()
    run_id = await scene.begin(worker)
    await scene.status(run_id, "completed")
    assert scene.asked == ["a"]
    await worker.close()
    assert worker.jobs == 0


async def test_what_a_dead_worker_left_is_taken_up() -> None:
    scene = Scene()
    dead, other = scene.worker("dead"), scene.worker("b")
    run_id = await scene.begin(dead)
    await scene.asked_by("dead")
    scene.clock.time += LEASE + 1
    other.start()
    await scene.asked_by("dead", "b")
    scene.may.set()
    await scene.status(run_id, "completed")
    assert (await scene.store.runs.get("p", run_id)).fence == 2
    await dead.close()
    await other.close()


async def test_what_a_worker_gives_back_is_taken_up_at_once() -> None:
    scene = Scene()
    first, second = scene.worker("a"), scene.worker("b")
    run_id = await scene.begin(first)
    await scene.asked_by("a")
    second.start()
    await first.close()
    await scene.asked_by("a", "b")
    scene.may.set()
    await scene.status(run_id, "completed")
    await second.close()


async def test_a_run_can_be_stopped_dropped_and_taken() -> None:
    scene = Scene()
    worker, other = scene.worker("a"), scene.worker("b")
    run_id = await scene.begin(worker)
    await scene.asked_by("a")
    await other.seize("p", run_id)
    await scene.asked_by("a", "b")
    other.stop("p", run_id)
    await scene.status(run_id, "cancelled")
    await other.seize("p", run_id)
    worker.drop("p", run_id)
    await worker.close()
    await other.close()


class Held(MemoryRuns):
    """Runs whose end is kept at once, and told when it may."""

    def __init__(self, runs: MemoryRuns) -> None:
        super().__init__(runs._projects, runs._save_answer, runs._deliveries, runs._clock)
        self.kept, self.may_tell = asyncio.Event(), asyncio.Event()
        self.renewed: list[list[tuple[str, str]]] = []

    async def finish(self, *given: Any) -> None:
        await super().finish(*given)
        self.kept.set()
        await self.may_tell.wait()

    async def renew(self, leases: Sequence[Lease], seconds: float) -> Standing:
        standing = await super().renew(leases, seconds)
        self.renewed.append(standing.lost)
        return standing


async def test_a_run_whose_end_was_kept_is_nobody_elses(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    scene.store.runs = runs = Held(scene.store.runs)
    worker = scene.worker("a")
    scene.may.set()
    run_id = await scene.begin(worker)
    await runs.kept.wait()
    async with asyncio.timeout(PATIENCE):
        while not runs.renewed:  # noqa: ASYNC110 - what is waited for is a plain list
            await asyncio.sleep(0.005)
    assert runs.renewed[0] == [("p", run_id)]
    runs.may_tell.set()
    await scene.status(run_id, "completed")
    await worker.over(PATIENCE)
    assert (worker.jobs, caplog.records) == (0, [])
    await worker.close()


async def test_workers_of_other_stores_are_closed_with_their_first() -> None:
    scene = Scene()
    worker = scene.worker("a")
    other = Scene()
    beside = worker.beside(other.store.runs, other.store.signals, worker._ask)
    beside.take_up = other.taken_up
    run_id = await other.begin(beside)
    await scene.asked_by("a")
    await worker.close()
    assert (await other.store.runs.get("p", run_id)).owner is None
