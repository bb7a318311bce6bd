"""Signals between the processes over one store: something of a run changed, or there is a run to be taken up.

A signal says only where to look. It may be late, come twice, or be lost with a connection: whoever waits for one looks
anyway, each second. Here are the face of `store.signals` and the signals of a store that one process has to itself.
Counterpart: `postgres_signals.py`, for many processes.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

Name = tuple[str, str]
"""What a signal is about: a project and the id of a run."""
QUEUE: Name = ("", "")
"""The name under which it is told that there are runs to be taken up."""


class Bell:
    """Rings for one who waits; `sequence` is the highest number that was told with it."""

    def __init__(self) -> None:
        self.sequence = -1
        self._rung = False
        self._waits: asyncio.Future[None] | None = None

    def ring(self, sequence: int = -1) -> None:
        """Something changed."""
        self.sequence = max(self.sequence, sequence)
        self._rung = True
        if self._waits is not None:
            settle(self._waits)

    async def wait(self, seconds: float) -> bool:
        """Wait until it has rung since the last call, at most so long; whether it has."""
        if not self._rung:
            # For each event that somebody follows; a third of what a timeout around an `asyncio.Event` costs.
            loop = asyncio.get_running_loop()
            self._waits = loop.create_future()
            timer = loop.call_later(seconds, settle, self._waits)
            try:
                await self._waits
            finally:
                timer.cancel()
                self._waits = None
        rung, self._rung = self._rung, False
        return rung


def settle(waits: "asyncio.Future[None]") -> None:
    """Let whoever waits go on, unless it does already."""
    if not waits.done():
        waits.set_result(None)


class Signals(Protocol):
    """What processes over one store tell each other."""

    def tell(self, name: Name, sequence: int = -1) -> None:
        """Something changed: events up to number `sequence` are there, or a wish for the run's end. Returns at once."""

    def bell(self, name: Name) -> AbstractContextManager[Bell]:
        """A bell that rings for this name while the block runs."""

    async def close(self) -> None:
        """Nothing is told or heard any more."""


class LocalSignals:
    """Signals inside one process."""

    def __init__(self) -> None:
        self._bells: dict[Name, list[Bell]] = defaultdict(list)

    def tell(self, name: Name, sequence: int = -1) -> None:
        self.ring(name, sequence)

    @contextmanager
    def bell(self, name: Name) -> Iterator[Bell]:
        bell = Bell()
        self._bells[name].append(bell)
        try:
            yield bell
        finally:
            self._bells[name].remove(bell)
            if not self._bells[name]:
                del self._bells[name]

    async def close(self) -> None:
        """Let go of nothing."""

    def ring(self, name: Name, sequence: int = -1) -> None:
        """Ring the bells of a name in this process."""
        for bell in self._bells.get(name, ()):
            bell.ring(sequence)

    def ring_all(self) -> None:
        """Ring every bell: nobody knows what was missed."""
        for name in list(self._bells):
            self.ring(name)
