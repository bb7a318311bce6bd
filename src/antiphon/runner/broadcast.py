"""Events of runs for whoever follows them: from any number on, out of the log and then live, any number of times.

An event is shown only once it is in the log. What this process wrote itself is handed on from memory; everything else
is read, when a signal says that there is more, and each second in any case. Not here: writing (`journal.py`), SSE
(`server/sse.py`). Counterpart: `store/signals.py`.
"""

from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile

from antiphon.errors import NotFound
from antiphon.store.runs import Batch, Lease, Log, Runs
from antiphon.store.signals import Name, Signals

LOOK_EVERY = 1.0
"""Seconds between looks into the log of a run that nobody says anything of."""
AT_ONCE = 200
"""Batches of a log that are read at a time."""
ROOM = 1 << 18
"""Bytes of a run's newest events that are held in memory while somebody follows it."""


@dataclass(slots=True)
class Channel:
    """The newest events of one run that somebody follows."""

    followers: int = 0
    batches: deque[Batch] = field(default_factory=deque)
    size: int = 0
    ended: bool = False

    def put(self, batch: Batch, *, ended: bool) -> None:
        """These events are in the log."""
        if self.batches and self.batches[-1].last + 1 != batch.first:
            # Somebody else wrote in between.
            self.batches.clear()
            self.size = 0
        self.batches.append(batch)
        self.size += len(batch.lines)
        self.ended = ended
        while self.size > ROOM and len(self.batches) > 1:
            self.size -= len(self.batches.popleft().lines)

    def news(self, number: int) -> Log | None:
        """What follows the event with this number; None where nothing does, or it isn't known here."""
        if not self.batches or number < self.batches[0].first - 1:
            return None
        if number >= self.batches[-1].last and not self.ended:
            return None
        later = list(takewhile(lambda batch: batch.last > number, reversed(self.batches)))
        return Log(later[::-1], self.ended)


class Broadcast:
    """All runs that this process writes or shows."""

    def __init__(self, runs: Runs, signals: Signals, look_every: float = LOOK_EVERY) -> None:
        self._runs = runs
        self._signals = signals
        self._look_every = look_every
        self._channels: dict[Name, Channel] = {}

    def published(self, lease: Lease, batch: Batch, *, ended: bool = False) -> None:
        """These events are in the log now, written by this process."""
        name = (lease.project, lease.id)
        channel = self._channels.get(name)
        if channel is not None:
            channel.put(batch, ended=ended)
        self._signals.tell(name, batch.last)

    async def follow(self, project: str, run_id: str, after: int) -> AsyncGenerator[list[bytes], None]:
        """The JSON of the events behind number `after`, as many at a time as there are, until the run's last.

        Raises `NotFound` where the run has no log. Ends early where it is deleted meanwhile.
        """
        name = (project, run_id)
        with self._signals.bell(name) as bell, self._channel(name) as channel:
            log = await self._runs.events_after(project, run_id, after, AT_ONCE)
            while True:
                for batch in log.batches:
                    lines = batch.lines.split(b"\n")
                    yield lines[max(after + 1 - batch.first, 0) :]
                    after = batch.last
                if log.ended:
                    return
                known = channel.news(after)
                more = log.batches and (len(log.batches) == AT_ONCE or bell.sequence > after)
                if known is None and not more:
                    # All that is in the log was shown; whatever came into it since has rung.
                    await bell.wait(self._look_every)
                    known = channel.news(after)
                if known is not None:
                    log = known
                    continue
                try:
                    log = await self._runs.events_after(project, run_id, after, AT_ONCE)
                except NotFound:
                    return

    @contextmanager
    def _channel(self, name: Name) -> Iterator[Channel]:
        channel = self._channels.setdefault(name, Channel())
        channel.followers += 1
        try:
            yield channel
        finally:
            channel.followers -= 1
            if not channel.followers:
                del self._channels[name]
