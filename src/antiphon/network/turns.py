"""Turns: what is too much for one go is done a part at a time, whoever it is for, with the rest of the loop between.

An upstream that is faster than we are would else be read until it has nothing more, and a hundred of them before
anybody else is looked at. Not here: what a part is (`connection.py`). Why: docs/decisions/0101.
"""

import asyncio
from collections import deque
from collections.abc import Callable


class Turns:
    """A row of parts, in the order in which they came; one of it is done each time the event loop comes round."""

    def __init__(self) -> None:
        self._row: deque[Callable[[], None]] = deque()

    def wait(self, loop: asyncio.AbstractEventLoop, part: Callable[[], None]) -> None:
        """Have `part` called when its turn comes. What is left after it waits again, behind the others."""
        self._row.append(part)
        if len(self._row) == 1:
            loop.call_soon(self._next, loop)

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        part = self._row[0]
        try:
            part()
        finally:
            self._row.popleft()
            if self._row:
                loop.call_soon(self._next, loop)
