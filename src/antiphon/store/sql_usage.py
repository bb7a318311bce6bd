"""`Usage` on a SQL database. Not here: what is written (`operations/usage.py`). Counterpart: `memory_usage.py`."""

from asyncio import Future
from collections.abc import Sequence
from functools import partial
from typing import Protocol, TypeVar

from antiphon.store.asks import Operation
from antiphon.store.operations import usage
from antiphon.store.usage import Asked, Used

Result = TypeVar("Result")


class Database(Protocol):
    """What of a backend is needed."""

    async def read(self, operation: Operation[Result]) -> Result:
        """Carry the operation out on one unchanging view of the data."""
        ...

    def write(self, operation: Operation[Result]) -> Future[Result]:
        """Have the operation carried out, whole or not at all."""
        ...


class SqlUsage:
    """What was used, over a backend."""

    def __init__(self, backend: Database) -> None:
        self._backend = backend

    async def add(self, rows: Sequence[Used]) -> None:
        if rows:
            await self._backend.write(partial(usage.add, rows))

    async def read(self, project: str, asked: Asked) -> list[Used]:
        return await self._backend.read(partial(usage.read, project, asked))
