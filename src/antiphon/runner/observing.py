"""Who looks on while a run is driven: told its commands and its replies, never asked and never waited for.

The one seam for whatever wants to know what a run did when: a timeline, spans of a trace, counters. On the way of a
token there is nothing of it: events aren't shown, and of the chunks of a stream only the first. Counterpart:
`drive.py`, which tells; `engine/commands.py` and `engine/replies.py`, what is told.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from antiphon.engine.commands import Command
from antiphon.engine.replies import Reply
from antiphon.engine.run import Run


class Observer(Protocol):
    """Looks on at one run. What it raises would end the run, so it doesn't."""

    def asked(self, command: Command) -> None:
        """The run asks for this, which begins now; `Finish` is the last. Never an `Emit`."""
        ...

    def told(self, reply: Reply) -> None:
        """The run is told this. Of `UpstreamChunks` only those that follow something else."""
        ...


class Observers:
    """Several who look on, told in order."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = observers

    def asked(self, command: Command) -> None:
        for observer in self._observers:
            observer.asked(command)

    def told(self, reply: Reply) -> None:
        for observer in self._observers:
            observer.told(reply)


Watch = Callable[[Run, str], Observer]
"""Begins to look on at a run of a project."""


def watching(watches: Sequence[Watch], run: Run, project: str) -> Observer | None:
    """Whoever is to look on at this run, as one; None for nobody."""
    observers = [watch(run, project) for watch in watches]
    if not observers:
        return None
    return observers[0] if len(observers) == 1 else Observers(observers)
