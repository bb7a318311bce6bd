"""What a SQL store needs of a database: a `Backend` carries operations out.

Not here: what an operation does (`operations/`). Counterparts: `sqlite.py` and `postgres.py`, which implement it;
`sql_store.py`, `sql_files.py` and the like, which use it.
"""

from asyncio import Future
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from antiphon.store.asks import Operation
from antiphon.store.operations.saving import Lock, Save

Result = TypeVar("Result")


class Reader(Protocol):
    """Carries out operations that read."""

    async def __call__(self, operation: Operation[Result]) -> Result:
        """The operation's result."""


class Backend(Protocol):
    """One database. Errors of its driver come out as `StoreFault`."""

    async def read(self, operation: Operation[Result]) -> Result:
        """Carry the operation out on one unchanging view of the data."""

    def write(self, operation: Operation[Result]) -> Future[Result]:
        """Have the operation carried out, whole or not at all; durable when the future is done.

        It is on its way when this returns, before everything asked later, and goes on if the future is cancelled.
        """

    def submit(self, work: Save | Lock) -> Future[None]:
        """Save one answer or hold one conversation, in the same way, together with others."""

    def snapshot(self) -> AbstractAsyncContextManager["Reader"]:
        """One unchanging view of the data, for several operations that read."""

    async def close(self) -> None:
        """Finish what was begun and let go of the database."""
