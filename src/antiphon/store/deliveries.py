"""Webhooks that are still to be delivered: the face of `store.deliveries`, and its rows.

A row is written with the end of the run that it tells of, and stays until somebody took the message or it is given
up. Whoever claims a row has it for a time, so that two processes don't send it at once; a process that dies leaves it
to the next. Not here: how it is sent (`runner/delivering.py`). Implementations: `sql_deliveries.py`,
`memory_deliveries.py`.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct


class Delivery(Struct, frozen=True, kw_only=True):
    """One message for one endpoint, by its name in the settings.

    `id` is the message's, the same at each attempt; `attempts` how many were made; `due` (Unix seconds) the next.
    """

    project: str
    id: str
    endpoint: str
    body: bytes
    created_at: int
    due: float
    attempts: int = 0


class Deliveries(Protocol):
    """The messages of all projects. Errors of every method: `StoreFault`."""

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        """Keep messages, all or none."""

    async def claim(self, seconds: float, limit: int) -> list[Delivery]:
        """Messages that are due, the longest due first; nobody else gets them for so many seconds."""

    async def put_off(self, delivery: Delivery, due: float) -> None:
        """An attempt failed; the next is due then."""

    async def done(self, delivery: Delivery) -> None:
        """Forget the message: it was taken, or given up."""

    async def next_due(self) -> float | None:
        """When the next message is due; None where there is none."""
