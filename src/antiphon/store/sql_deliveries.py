"""`store.deliveries` on a SQL database. Not here: what an operation does (`operations/deliveries.py`).

Counterpart: `memory_deliveries.py`, the same without a database.
"""

from collections.abc import Callable, Sequence
from functools import partial

from antiphon.store.deliveries import Delivery
from antiphon.store.operations import deliveries
from antiphon.store.sql_backend import Backend


class SqlDeliveries:
    """Messages over a backend. `clock` (Unix seconds) says what is due."""

    def __init__(self, backend: Backend, clock: Callable[[], float]) -> None:
        self._backend = backend
        self._clock = clock

    async def add(self, messages: Sequence[Delivery]) -> None:
        await self._backend.write(partial(deliveries.add, messages))

    async def claim(self, seconds: float, limit: int) -> list[Delivery]:
        now = self._clock()
        return await self._backend.write(partial(deliveries.claim, now, now + seconds, limit))

    async def put_off(self, delivery: Delivery, due: float) -> None:
        await self._backend.write(partial(deliveries.put_off, delivery, due))

    async def done(self, delivery: Delivery) -> None:
        await self._backend.write(partial(deliveries.done, delivery))

    async def next_due(self) -> float | None:
        return await self._backend.read(deliveries.next_due)
