"""The runs whose clients wait for them now, so that a server that stops can end them in order.

Not here: how one ends (`foreground.py`), when a server stops (`server/serve.py`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol


class Stoppable(Protocol):
    """What is told to come to its end."""

    def stop(self) -> None:
        """End soon, and say so to whoever waits."""
        ...


class OpenRuns:
    """All that goes on now. One object serves the whole process."""

    def __init__(self) -> None:
        self.closing = False
        """Whether no more work is taken."""
        self._open: set[Stoppable] = set()
        self._onlookers: list[Callable[[], object]] = []

    def count(self) -> int:
        """How many go on."""
        return len(self._open)

    def holding(self, run: Stoppable) -> "_Held":
        """`run` goes on while the block runs."""
        return _Held(self._open, run)

    @contextmanager
    def looked_at(self, leave: Callable[[], object]) -> Iterator[None]:
        """While the block runs, `leave` is called once no more work is taken: nobody waits for who only looks on.

        A signal may call it, in the middle of anything.
        """
        self._onlookers.append(leave)
        try:
            yield
        finally:
            self._onlookers.remove(leave)

    def close(self) -> None:
        """Take no more work: the server stops soon."""
        self.closing = True
        for leave in tuple(self._onlookers):
            leave()

    def stop(self) -> None:
        """Tell all to end. Those that begin later aren't told."""
        for run in tuple(self._open):
            run.stop()


class _Held:
    """A block in which one of these goes on."""

    __slots__ = ("_among", "_run")

    def __init__(self, among: set[Stoppable], run: Stoppable) -> None:
        self._among = among
        self._run = run

    def __enter__(self) -> None:
        self._among.add(self._run)

    def __exit__(self, *_: object) -> None:
        self._among.discard(self._run)
