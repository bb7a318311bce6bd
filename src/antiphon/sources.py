"""Where time and ids come from; nothing else in the project makes either.

A `Sources` is handed in, so that the engine stays pure and a cassette can fix both. Not here:
waiting, leases and timeouts, which always use the real clock of the event loop.
Counterpart: `cassettes/occurrences.py`, which seeds one `Sources` per replayed request.
"""

import hashlib
import itertools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

FILE = "file"
ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Sources:
    """The clock (Unix seconds) and the maker of ids (`ids("msg") -> "msg_0190…"`)."""

    clock: Callable[[], float]
    ids: Callable[[str], str]

    def now(self) -> int:
        """Whole Unix seconds, as the API's timestamps are."""
        return int(self.clock())


def time_ordered_id(prefix: str) -> str:
    """An id whose hex begins with the time in milliseconds, so that new rows sit together in an index."""
    millis = time.time_ns() // 1_000_000
    return _named(prefix, f"{millis:012x}{os.urandom(ID_BYTES - 6).hex()}")


def chance(size: int) -> bytes:
    """Bytes that nobody can foretell, fit for keys."""
    return os.urandom(size)


def live() -> Sources:
    """The real clock and random, time-ordered ids."""
    return Sources(clock=time.time, ids=time_ordered_id)


def seeded(seed: str, start: float) -> Sources:
    """A clock that stands at `start` and ids that follow from `seed` alone.

    The same seed gives the same ids in the same order, in every process and version of Python.
    """
    numbers = itertools.count()

    def make(prefix: str) -> str:
        digest = hashlib.sha256(f"{seed}:{next(numbers)}".encode())
        return _named(prefix, digest.hexdigest()[: 2 * ID_BYTES])

    return Sources(clock=lambda: start, ids=make)


def _named(prefix: str, digits: str) -> str:
    """As the API writes ids: some clients tell a file by its `file-`."""
    return f"{prefix}-{digits}" if prefix == FILE else f"{prefix}_{digits}"
