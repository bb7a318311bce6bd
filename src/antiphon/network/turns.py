"""Turns: what is too much for one go is done a part at a time, whoever it is for, with the rest of the loop between.

An upstream that is faster than we are would else be read until it has nothing more, and a hundred of them before
anybody else is looked at. Not here: what a part is (`connection.py`). Counterpart for first requests:
`server/hardy.py`. Why: docs/decisions/0101, 0106.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar

AT_LEAST = 0.025
"""Seconds after which the next has its turn, however rarely the event loop comes round."""


class Turns:
    """A row of parts, in the order in which they came; one of it is done each `every` times the event loop comes round.

    An event loop with nothing else to do comes round in a few microseconds; a short answer takes about twenty rounds.
    """

    def __init__(self, every: int = 1) -> None:
        self._row: deque[Callable[[], None]] = deque()
        self._every = every
        self._rounds = 0
        self._since = 0.0
        self._counting = False

    def wait(self, loop: asyncio.AbstractEventLoop, part: Callable[[], None]) -> None:
        """Have `part` called when its turn comes. What is left after it waits again, behind the others."""
        self._row.append(part)
        self._count(loop)

    def now_or_wait(self, loop: asyncio.AbstractEventLoop, part: Callable[[], None]) -> None:
        """The same, but at once where nobody waits, and nobody had a turn just now."""
        if self._counting:
            self._row.append(part)
            return
        self._rounds, self._since = 0, loop.time()
        self._count(loop)
        part()

    def _count(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._counting:
            self._counting = True
            loop.call_soon(self._next, loop)

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        self._rounds += 1
        row, due = self._row, self._rounds >= self._every
        if not due and row:
            due = loop.time() - self._since >= AT_LEAST
        part = row.popleft() if row and due else None
        if part is not None:
            self._rounds, self._since = 0, loop.time()
        self._counting = part is not None or bool(row) or not due
        if self._counting:
            loop.call_soon(self._next, loop)
        if part is not None:
            part()


TURNS: ContextVar[Turns | None] = ContextVar("turns", default=None)
"""Where what is done for who has to wait for turns finds these: large pieces of answers wait in the same row."""
