"""A SQLite database in memory, as a `Backend`: for nouns of the memory store that are worth an index of words.

One connection, on which everything happens at once and in order; it is made when it is first needed. Counterparts:
`sqlite.py`, the same in a file; `memory.py`, where this is used.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from antiphon.errors import StoreFault
from antiphon.store.asks import Operation
from antiphon.store.groups import Outcome, Work, settle
from antiphon.store.operations.saving import Lock, Save
from antiphon.store.sql_backend import Reader
from antiphon.store.sqlite import IN_MEMORY, Connection, Writer, upgrade

Result = TypeVar("Result")


class SqliteMemory:
    """Implements `Backend`. `clock` gives Unix seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._connection: Connection | None = None
        self._closed = False

    @property
    def opened(self) -> bool:
        """Whether there is a database: one that was needed, and isn't closed yet."""
        return self._connection is not None

    async def read(self, operation: Operation[Result]) -> Result:
        return self._open().run(operation)

    def write(self, operation: Operation[Result]) -> "asyncio.Future[Result]":
        return self._commit(operation)

    def submit(self, work: Save | Lock) -> "asyncio.Future[None]":
        return self._commit(work)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Reader]:
        yield self.read

    async def close(self) -> None:
        self._closed = True
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _commit(self, work: Work) -> "asyncio.Future[Outcome]":
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        outcomes: Sequence[Outcome] = Writer(self._open(), self._clock).commit([work])
        settle(future, outcomes[0])
        return future

    def _open(self) -> Connection:
        if self._closed:
            raise StoreFault("The store has been closed.")
        if self._connection is None:
            self._connection = Connection(Path(IN_MEMORY))
            upgrade(self._connection)
        return self._connection
