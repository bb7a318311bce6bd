"""Carries out runs in the background: those of its own server, and any that nobody holds.

Each run is held by a lease, renewed well before it ends; what is left of a worker that died is taken up by another
one. Workers know nothing of each other: truth is the lease on the run's row. Not here: making a run ready again
(`server/background.py`), its doors (`background.py`). Counterpart: `store/runs.py`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from antiphon.engine.durable import DurableRun
from antiphon.errors import AntiphonError, LeaseLost, StoreFault
from antiphon.runner.background import NOBODY, Background, Telling
from antiphon.runner.broadcast import Broadcast
from antiphon.runner.drive import drive
from antiphon.runner.foreground import Ask, Tools
from antiphon.runner.journal import Journal, Writer
from antiphon.runner.observing import Observer
from antiphon.store.runs import ANY, Lease, NewRun, Quota, Runs, StoredRun
from antiphon.store.signals import QUEUE, Signals

log = logging.getLogger("antiphon")

LEASE = 9.0
"""Seconds for which a run is held; so long it lies idle when its worker dies, and until the next look."""
BEAT = 1.0
"""Seconds between renewals, in which a worker learns of ends that are wished and of runs that it lost."""
LOOK_EVERY = 2.0
"""Seconds between looks for runs that nobody holds."""
AT_ONCE = 1_000
"""Runs that one worker carries out at a time."""
CLAIMED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is ready to be carried out, and what it is carried out with."""

    run: DurableRun
    tools: Tools
    observer: Observer | None = None
    telling: Telling = NOBODY


TakeUp = Callable[[StoredRun], Awaitable[Job]]
"""Makes a run ready that was begun elsewhere. Raises where that can't be done now; it is tried again later."""


async def _nobody(stored: StoredRun) -> Job:
    raise StoreFault(f"Nobody here knows how to go on with {stored.id}.")


class Worker:
    """One process's. `owner` tells it from all others; `ask` calls models. `take_up` is set before it starts."""

    def __init__(self, runs: Runs, signals: Signals, ask: Ask, owner: str) -> None:
        self.broadcast = Broadcast(runs, signals)
        self._runs = runs
        self._signals = signals
        self._ask = ask
        self._owner = owner
        self.take_up: TakeUp = _nobody
        self.quota: Quota = ANY
        self._beside: list[Worker] = []
        self._writer = Writer(runs, self.broadcast)
        self._jobs: dict[Lease, asyncio.Task[None]] = {}
        self._doors: dict[Lease, Background] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._closed = False
        self._retired = False

    @property
    def jobs(self) -> int:
        """How many runs it carries out now."""
        return len(self._jobs)

    def beside(self, runs: Runs, signals: Signals, ask: Ask) -> "Worker":
        """Another one, for another store, which is closed with this one."""
        other = Worker(runs, signals, ask, self._owner)
        self._beside.append(other)
        return other

    def start(self) -> None:
        """Look for runs from now on; again it does nothing."""
        if not self._loops and not self._closed:
            self._loops = [asyncio.create_task(self._look()), asyncio.create_task(self._beat())]

    async def begin(self, project: str, new: NewRun, job: Job) -> None:
        """Keep a new run, and carry it out here unless there is too much to do: then whoever can takes it up."""
        self.start()
        # Under a quota, who is next is decided where all runs are seen.
        here = len(self._jobs) < AT_ONCE and self.quota == ANY and not self._retired
        lease = await self._runs.create(project, new, self._owner if here else None, LEASE)
        if here:
            self._carry(lease, partial(_at_once, job))
        else:
            self._signals.tell(QUEUE)

    def stop(self, project: str, run_id: str) -> None:
        """The run's end is wished, if it is carried out here."""
        for lease, doors in self._doors.items():
            if (lease.project, lease.id) == (project, run_id):
                doors.stop()

    def drop(self, project: str, run_id: str) -> None:
        """Go no further with a run that is to be deleted, if it is carried out here."""
        for lease in tuple(self._jobs):
            if (lease.project, lease.id) == (project, run_id):
                self._drop(lease)

    async def seize(self, project: str, run_id: str) -> None:
        """Carry a run out here, whoever has it: its worker doesn't answer. Raises `NotFound`."""
        stored = await self._runs.seize(project, run_id, self._owner, LEASE)
        if stored is not None:
            self._carry(stored.lease, partial(self.take_up, stored))

    def retire(self) -> None:
        """Take up nothing more; what is under way goes on."""
        self._retired = True

    async def over(self, seconds: float) -> None:
        """Wait until what is under way is over, at most so long."""
        if self._jobs:
            await asyncio.wait(list(self._jobs.values()), timeout=seconds)

    async def close(self) -> None:
        """Stop at once; what isn't over is for others to take up."""
        self._closed = True
        for other in self._beside:
            await other.close()
        tasks = [*self._loops, *self._jobs.values()]
        leases = list(self._jobs)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._writer.close()
        if leases:
            with suppress(AntiphonError):
                await self._runs.release(leases)
                self._signals.tell(QUEUE)

    def _carry(self, lease: Lease, ready: Callable[[], Awaitable[Job]]) -> None:
        task = self._jobs[lease] = asyncio.create_task(self._carried(lease, ready))
        task.add_done_callback(partial(self._over, lease))

    def _over(self, lease: Lease, task: "asyncio.Task[None]") -> None:
        self._jobs.pop(lease, None)
        if self.quota != ANY and not self._closed:
            self._signals.tell(QUEUE)
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            log.error("run %s broke down here, and is taken up again", lease.id, exc_info=fault)

    def _drop(self, lease: Lease) -> None:
        """Nothing more is done for the run here."""
        if lease in self._jobs:
            self._jobs[lease].cancel()

    def _lost(self, lease: Lease) -> None:
        """The run is another worker's, which may be learnt in two ways at once."""
        if lease in self._jobs and not self._jobs[lease].cancelling():
            log.warning("run %s was taken up by another worker", lease.id)
            self._drop(lease)

    def _is_ending(self, lease: Lease) -> bool:
        """Whether its end is being kept, or was meanwhile: then nobody holds it, and nobody took it away."""
        return lease not in self._doors or self._doors[lease].ending

    async def _carried(self, lease: Lease, ready: Callable[[], Awaitable[Job]]) -> None:
        try:
            job = await ready()
            journal = Journal(lease, self._writer, partial(self._lost, lease))
            doors = Background(self._ask, self._runs, self.broadcast, journal, job.tools, job.telling)
            self._doors[lease] = doors
            await drive(job.run, doors, job.observer)
        except LeaseLost:
            log.warning("run %s was taken up by another worker", lease.id)
        except AntiphonError as fault:
            log.warning("run %s stops here, and is taken up again: %s", lease.id, fault.message)
        finally:
            self._doors.pop(lease, None)

    async def _look(self) -> None:
        """Take up runs that nobody holds."""
        said = ""
        with self._signals.bell(QUEUE) as bell:
            while True:
                try:
                    more, said = await self._claim(), ""
                except StoreFault as fault:
                    more = False
                    if fault.message != said:
                        said = fault.message
                        log.warning("runs in the background wait for the store: %s", said)
                if not more:
                    await bell.wait(LOOK_EVERY)

    async def _claim(self) -> bool:
        """Take some; whether there may be more that can be taken."""
        room = 0 if self._retired else min(AT_ONCE - len(self._jobs), CLAIMED_AT_ONCE)
        claimed = await self._runs.claim(self._owner, LEASE, room, self.quota) if room > 0 else []
        for stored in claimed:
            self._carry(stored.lease, partial(self.take_up, stored))
        return 0 < room == len(claimed)

    async def _beat(self) -> None:
        """Hold what is carried out, and hear what became of it."""
        while True:
            await asyncio.sleep(BEAT)
            try:
                await self._renew()
            except StoreFault as fault:
                log.warning("runs in the background can't be held: %s", fault.message)

    async def _renew(self) -> None:
        leases = list(self._jobs)
        if not leases:
            return
        standing = await self._runs.renew(leases, LEASE)
        for lease in leases:
            name = (lease.project, lease.id)
            if name in standing.cancelled and lease in self._doors:
                self._doors[lease].stop()
            elif name in standing.lost and not self._is_ending(lease):
                self._lost(lease)


async def _at_once(job: Job) -> Job:
    return job
