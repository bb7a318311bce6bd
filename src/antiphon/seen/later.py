"""Calls that nobody waits for, made some at a time and soon: what is seen is told after the answers it is about.

What one of them needs is then in the processor's caches for the next; made one by one, between the tokens of other
answers, each costs three times as much. Not here: what is told (`account.py`, `server/watched.py`).
"""

import asyncio
from collections.abc import Callable

Call = Callable[[], None]
SOON = 0.05
"""Seconds that a call may wait for others."""
AT_ONCE = 64
"""Calls that are made at the most in one go, so that a token waits a millisecond for them and not much longer."""


class Later:
    """Calls that wait. None of them raises anything; they are made in the order in which they were put here.

    Not for threads: whoever puts one here is on the event loop, and without a loop nothing waits.
    """

    def __init__(self) -> None:
        self.then: list[Call] = []
        """Called whenever some were made."""
        self._waiting: list[Call] = []
        self._timed = False

    def put(self, call: Call) -> None:
        """Have this called soon."""
        self._waiting.append(call)
        if len(self._waiting) >= AT_ONCE:
            self.settle()
        elif not self._timed:
            self._set_time()

    def settle(self) -> None:
        """Make all that wait: for whoever wants to tell what was seen until now."""
        calls, self._waiting = self._waiting, []
        for call in calls:
            call()
        if calls:
            for call in self.then:
                call()

    def _set_time(self) -> None:
        try:
            asyncio.get_running_loop().call_later(SOON, self._time_is_up)
        except RuntimeError:
            self.settle()
        else:
            self._timed = True

    def _time_is_up(self) -> None:
        self._timed = False
        self.settle()
