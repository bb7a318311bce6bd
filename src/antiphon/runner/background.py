"""The doors of a run that nobody waits for: its events go into a log, and each step is kept before the next begins.

It ends when it is over, when its end is wished (`stop`), or when it belongs to another worker: then nothing more of it
is written. Not here: which runs there are (`worker.py`), the log (`journal.py`). Counterparts: `drive.py`;
`foreground.py`, the doors of a run whose client waits.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from antiphon.engine import run_state
from antiphon.engine.commands import Emit, Save, SaveStep
from antiphon.engine.replies import Reply, Saved, SaveFailed
from antiphon.errors import AntiphonError, LeaseLost, StoreFault
from antiphon.runner.broadcast import Broadcast
from antiphon.runner.foreground import Ask, Foreground, Take, Tools
from antiphon.runner.journal import AGAIN, Journal
from antiphon.store.deliveries import Delivery
from antiphon.store.runs import Batch, Runs, Step
from antiphon.wire.answers import Answer

log = logging.getLogger("antiphon")

FULL = 1 << 20
"""Bytes of events that may wait for a slow store before the run waits too."""

Result = TypeVar("Result")


class NoAnswers:
    """A store for runs whose answers are kept otherwise."""

    async def save_answer(self, project: str, answer: Answer) -> None:
        """Never called."""
        raise NotImplementedError(project, answer.id)


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is told of a run's end: the `messages` for its status are kept with it, and then it `ring`s."""

    messages: Callable[[str], Sequence[Delivery]]
    ring: Callable[[], object]


NOBODY = Telling(lambda _: (), int)


class Background(Foreground):
    """One run's doors."""

    def __init__(  # noqa: PLR0913, PLR0917 - a door each
        self,
        ask: Ask,
        runs: Runs,
        broadcast: Broadcast,
        journal: Journal,
        tools: Tools,
        telling: Telling = NOBODY,
    ) -> None:
        super().__init__(ask, NoAnswers(), journal.lease.project, journal, tools=tools)
        self._runs = runs
        self._broadcast = broadcast
        self._telling = telling
        self._journal = journal
        self.ending = False
        """Whether its end is being kept: then that says whether the run is still this worker's."""

    def reply(self) -> Awaitable[Reply]:
        return super().reply() if self._journal.size < FULL else self._patient_reply()

    def emit_now(self, command: Emit) -> bool:
        return self._journal.size < FULL and super().emit_now(command)

    def hand_over(self, take: Take) -> Awaitable[None] | None:
        return super().hand_over(take) if self._journal.size < FULL else None

    async def _patient_reply(self) -> Reply:
        await self._journal.settled()
        return await super().reply()

    async def save_step(self, command: SaveStep) -> None:
        self._interruptible = False
        await self._journal.settled()
        batch = self._journal.take()
        state = run_state.encode(command.state)
        step = Step(state=state, items=command.items, place=command.place, events=batch, body=command.body)
        await self._kept(lambda: self._runs.save(self._journal.lease, step))
        if batch is not None:
            self._broadcast.published(self._journal.lease, batch)

    async def _save(self, command: Save) -> Reply:
        last = command.ending.events if command.ending is not None else []
        await self._journal.settled()
        batch = self._journal.take(last) or Batch(0, -1, b"")
        messages = self._telling.messages(command.answer.status)
        self.ending = True
        try:
            await self._kept(lambda: self._runs.finish(self._journal.lease, command.answer, batch, messages))
        except LeaseLost:
            raise
        except AntiphonError as refusal:
            self._journal.put_back(batch, without=len(last))
            self.ending = False
            return SaveFailed(refusal)
        self._broadcast.published(self._journal.lease, batch, ended=True)
        self._telling.ring()
        return Saved()

    async def _kept(self, keep: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """Keep it, for as long as the store needs; raises `LeaseLost` once the run is another's."""
        while True:
            try:
                return await keep()
            except StoreFault as fault:
                log.warning("run %s waits for the store: %s", self._journal.lease.id, fault.message)
                await asyncio.sleep(AGAIN)
