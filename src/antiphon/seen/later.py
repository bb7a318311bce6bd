"""What is told some at a time, and soon: what is seen of answers, after the answers that it is about.

Code that tells one of them is then in the processor's caches for the next; told one by one, between the tokens of other
answers, each costs three times as much. Not here: who tells (`account.py`, `server/watched.py`).
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")
SOON = 0.25
"""Seconds that anything may wait for others."""
AT_ONCE = 128
"""What is told at the most in one go, of 64 answers where all is seen: a token waits two milliseconds for it."""


class Later:
    """Lines of what waits to be told. Telling raises nothing.

    Not for threads: whoever puts something into a line is on the event loop, and without a loop nothing waits.
    """

    def __init__(self) -> None:
        self.then: list[Callable[[], None]] = []
        """Called whenever something was told."""
        self.waiting = 0
        """How much waits in all lines."""
        self.timed = False
        """Whether it is certain to be told."""
        self._lines: list[Line[Any]] = []

    def line(self, tell: Callable[[Sequence[T]], None]) -> Callable[[T], None]:
        """Puts into a line of its own what is to be told by `tell`, together; earlier lines are told first."""
        line = Line(self, tell)
        self._lines.append(line)
        return line.put

    def settle(self) -> None:
        """Have all told that waits: for whoever wants to say what was seen until now."""
        if not self.waiting:
            return
        self.waiting = 0
        for line in self._lines:
            line.settle()
        for call in self.then:
            call()

    def stir(self) -> None:
        """Enough waits, or nobody has set a time yet."""
        if self.timed:
            self.settle()
            return
        try:
            asyncio.get_running_loop().call_later(SOON, self._time_is_up)
        except RuntimeError:
            self.settle()
        else:
            self.timed = True

    def _time_is_up(self) -> None:
        self.timed = False
        self.settle()


class Line(Generic[T]):
    """What waits to be told by one."""

    __slots__ = ("_later", "_tell", "_waiting")

    def __init__(self, later: Later, tell: Callable[[Sequence[T]], None]) -> None:
        self._later, self._tell = later, tell
        self._waiting: list[T] = []

    def put(self, what: T) -> None:
        """Have this told soon."""
        self._waiting.append(what)
        later = self._later
        later.waiting += 1
        if not later.timed or later.waiting >= AT_ONCE:
            later.stir()

    def settle(self) -> None:
        """Have all told, in the order in which it came."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._tell(waiting)
