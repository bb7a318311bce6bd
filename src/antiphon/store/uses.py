"""What callers have used in windows of time, and what servers hold for them: the face of `store.uses` and its rows.

Of all projects; for the servers themselves. Not here: limits (`runner/quotas.py`). Implementations: `sql_uses.py`,
`memory_uses.py`.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct


class Use(Struct, frozen=True):
    """So much of a kind was used by a subject (`project:blue`) in the window that began then (Unix seconds)."""

    subject: str
    kind: str
    began: int
    amount: int


class Holding(Struct, frozen=True):
    """What one server holds at the moment, by subject; forgotten at `expires` unless it is told again."""

    holder: str
    held: Sequence[tuple[str, int]]
    expires: float


class Told(Struct, frozen=True):
    """What all used together, and what the others hold, by subject."""

    uses: list[Use]
    held: list[tuple[str, int]]


class Uses(Protocol):
    """The counts. Errors: `StoreFault`."""

    async def exchange(self, uses: Sequence[Use], holding: Holding, began: int, now: float) -> Told:
        """Add to what was used, note what is held, and learn both of all, of windows that began then or later."""
        ...

    async def stored_bytes(self, project: str) -> int:
        """About how many bytes a project keeps: its items and its files. 0 in memory."""
        ...
