"""`store.deliveries` in a dict. Counterpart: `sql_deliveries.py`."""

from collections.abc import Callable, Sequence

import msgspec

from antiphon.store.deliveries import Delivery


class MemoryDeliveries:
    """Messages that end with the process. `clock` (Unix seconds) says what is due."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], Delivery] = {}

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        self._kept |= {(one.project, one.id): one for one in deliveries}

    async def claim(self, seconds: float, limit: int) -> list[Delivery]:
        now = self._clock()
        due = [one for one in sorted(self._kept.values(), key=lambda one: one.due) if one.due <= now][:limit]
        for one in due:
            self._change(one, due=now + seconds)
        return due

    async def put_off(self, delivery: Delivery, due: float) -> None:
        self._change(delivery, due=due, attempts=delivery.attempts + 1)

    async def done(self, delivery: Delivery) -> None:
        self._kept.pop((delivery.project, delivery.id), None)

    async def next_due(self) -> float | None:
        return min((one.due for one in self._kept.values()), default=None)

    def _change(self, delivery: Delivery, **fields: float) -> None:
        key = delivery.project, delivery.id
        if key in self._kept:
            self._kept[key] = msgspec.structs.replace(self._kept[key], **fields)
