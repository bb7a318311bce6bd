"""`Keys` on a SQL database. Not here: what is done there (`operations/keys.py`). Counterpart: `memory_keys.py`."""

from asyncio import Future
from functools import partial
from typing import Protocol, TypeVar

from antiphon.store.asks import Operation
from antiphon.store.keys import Act, Acts, StoredKey
from antiphon.store.operations import keys

Result = TypeVar("Result")


class Database(Protocol):
    """What of a backend is needed."""

    async def read(self, operation: Operation[Result]) -> Result:
        """Carry the operation out on one unchanging view of the data."""
        ...

    def write(self, operation: Operation[Result]) -> "Future[Result]":
        """Have the operation carried out, whole or not at all."""
        ...


class SqlKeys:
    """The keys over a backend."""

    def __init__(self, backend: Database) -> None:
        self._backend = backend

    async def create(self, key: StoredKey, act: Act) -> None:
        await self._backend.write(partial(keys.create, key, act))

    async def all(self) -> list[StoredKey]:
        return await self._backend.read(keys.everyone)

    async def changes(self) -> int:
        return await self._backend.read(keys.changes)

    async def end(self, key_id: str, act: Act, *, revoked_at: int | None = None, expires_at: int | None = None) -> None:
        await self._backend.write(partial(keys.end, key_id, act, revoked_at, expires_at))

    async def delete(self, key_id: str, act: Act) -> None:
        await self._backend.write(partial(keys.delete, key_id, act))

    async def note(self, act: Act) -> None:
        await self._backend.write(partial(keys.note, act))

    async def acts(self, limit: int, before: int | None = None) -> Acts:
        return await self._backend.read(partial(keys.acts, limit, before))
