"""`Uses` on a SQL database. Not here: what is done there (`operations/uses.py`). Counterpart: `memory_uses.py`."""

from collections.abc import Sequence
from functools import partial

from antiphon.store.operations import uses
from antiphon.store.sql_backend import Backend
from antiphon.store.uses import Holding, Told, Use


class SqlUses:
    """The counts over a backend."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def exchange(self, used: Sequence[Use], holding: Holding, began: int, now: float) -> Told:
        return await self._backend.write(partial(uses.exchange, used, holding, began, now))

    async def stored_bytes(self, project: str) -> int:
        return await self._backend.read(partial(uses.stored_bytes, project))
