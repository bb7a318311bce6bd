"""`Usage` in a plain dict. Counterpart: `sql_usage.py`."""

from collections.abc import Sequence

from antiphon.store.faults import storable
from antiphon.store.usage import Asked, Used, summed


class MemoryUsage:
    """What was used, until the process ends."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], Used] = {}

    async def add(self, rows: Sequence[Used]) -> None:
        for row in filter(_storable, rows):
            key = (row.project, row.day, row.model)
            before = self._rows.get(key)
            (self._rows[key],) = summed([row] if before is None else [before, row])

    async def read(self, project: str, asked: Asked) -> list[Used]:
        found = [
            row
            for row in self._rows.values()
            if row.project == project
            and asked.first <= row.day <= asked.last
            and (asked.model is None or row.model == asked.model)
        ]
        found.sort(key=lambda row: row.model)
        found.sort(key=lambda row: row.day, reverse=True)
        return found[: asked.limit]


def _storable(row: Used) -> bool:
    return storable(row.model) and storable(row.project)
