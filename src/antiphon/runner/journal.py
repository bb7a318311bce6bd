"""The log of a run while it is written: events wait a moment, so that many, and those of other runs, are kept at once.

A `Journal` is one run's; the `Writer` puts what all of them hold into the store, one transaction at a time. Not here:
showing them (`broadcast.py`), steps and ends, which take along what waits (`background.py`).
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import msgspec

from antiphon.errors import AntiphonError, LeaseLost
from antiphon.runner.broadcast import Broadcast
from antiphon.store.runs import Batch, Lease, Runs
from antiphon.wire.events import Event

log = logging.getLogger("antiphon")

GATHER = 0.01
"""Seconds that events wait for others, half of what they may."""
AGAIN = 0.25
"""Seconds until a store that failed is asked again."""

_encode = msgspec.json.Encoder().encode


class Journal:
    """One run's events that aren't in the log yet. As the sink of a run it never makes it wait.

    `lost` is called when the run was taken up by another worker.
    """

    def __init__(self, lease: Lease, writer: "Writer", lost: Callable[[], None]) -> None:
        self.lease = lease
        self.size = 0
        self._lost = lost
        self._writer = writer
        self._lines: list[bytes] = []
        self._first = 0
        self._written: asyncio.Future[None] | None = None

    def opened(self, headers: Mapping[str, str]) -> None:
        """Nobody waits for a status line."""

    async def emit(self, events: list[Event]) -> None:
        """Take events; they are written soon."""
        self.emit_now(events)

    def emit_now(self, events: list[Event]) -> bool:
        """The same, as a sink that makes nobody wait."""
        if events:
            self._add(events)
            self._writer.expect(self)
        return True

    def _add(self, events: Sequence[Event]) -> None:
        if not self._lines:
            self._first = events[0].sequence_number
        lines = [_encode(event) for event in events]
        self._lines += lines
        self.size += sum(map(len, lines))

    def take(self, more: Sequence[Event] = ()) -> Batch | None:
        """What waits, and `more` behind it, to be written by the caller; None for nothing."""
        if more:
            self._add(more)
        if not self._lines:
            return None
        lines, self._lines, self.size = self._lines, [], 0
        return Batch(self._first, self._first + len(lines) - 1, b"\n".join(lines))

    def put_back(self, batch: Batch | None, without: int = 0) -> None:
        """These couldn't be written; the last so many are dropped."""
        if batch is not None:
            lines = batch.lines.split(b"\n")
            self._lines = [*lines[: len(lines) - without], *self._lines]
            self._first, self.size = batch.first, sum(map(len, self._lines))

    async def settled(self) -> None:
        """Wait until nothing of it is on its way."""
        while self._written is not None:
            await self._written

    def begin(self) -> Batch | None:
        """For the writer: what is to be written now."""
        batch = self.take() if self._written is None else None
        if batch is not None:
            self._written = asyncio.get_running_loop().create_future()
        return batch

    def over(self, batch: Batch, outcome: AntiphonError | None) -> None:
        """For the writer: what came of it."""
        written, self._written = self._written, None
        if isinstance(outcome, LeaseLost):
            self._lost()
        elif outcome is not None:
            self.put_back(batch)
        if written is not None:
            written.set_result(None)


class Writer:
    """Writes the events of all runs of this process."""

    def __init__(self, runs: Runs, broadcast: Broadcast, gather: float = GATHER) -> None:
        self._runs = runs
        self._broadcast = broadcast
        self._gather = gather
        self._waiting: dict[Journal, None] = {}
        self._task: asyncio.Task[None] | None = None

    def expect(self, journal: Journal) -> None:
        """A journal has something."""
        self._waiting[journal] = None
        if self._task is None:
            self._task = asyncio.create_task(self._write_all())

    async def close(self) -> None:
        """Nothing more is written; what waits is for whoever takes the runs up."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _write_all(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(self._gather)
                journals, self._waiting = list(self._waiting), {}
                await self._write(journals)
        finally:
            self._task = None

    async def _write(self, journals: Sequence[Journal]) -> None:
        begun = [(journal, batch) for journal in journals if (batch := journal.begin()) is not None]
        if not begun:
            return
        fault: AntiphonError | None = None
        outcomes: Sequence[AntiphonError | None] = ()
        try:
            outcomes = await self._runs.append([(journal.lease, batch) for journal, batch in begun])
        except AntiphonError as error:
            fault = error
        finally:
            rest = [fault] * (len(begun) - len(outcomes))
            for (journal, batch), outcome in zip(begun, [*outcomes, *rest], strict=True):
                journal.over(batch, outcome)
                if outcome is None and outcomes:
                    self._broadcast.published(journal.lease, batch)
        if fault is not None:
            log.warning("events of runs in the background wait for the store: %s", fault.message)
            await asyncio.sleep(AGAIN)
            for journal, _ in begun:
                self._waiting[journal] = None
