"""Opens the store that a URL names: `memory://`, `sqlite:///PATH` or `postgresql://…`.

Not here: which URL (the configuration's business) and what a store does (`base.py`).
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

from antiphon.errors import ConfigFault
from antiphon.store.base import OpenStore
from antiphon.store.memory import MemoryStore
from antiphon.store.migrate import Migration, available, plan
from antiphon.store.sql_store import SqlStore
from antiphon.store.sqlite import Connection, SqliteBackend, applied, upgrade

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")


async def open_store(url: str, clock: Callable[[], float] = time.time) -> OpenStore:
    """The store at `url`, its schema brought up to date first.

    `sqlite:///notes.db` is a file in the working directory, `sqlite:////var/notes.db` one by its full path; the
    folder must exist. `clock` (Unix seconds) is the time that locks expire by. Raises `ConfigFault` when the URL
    or the database is of no use.
    """
    if url == "memory://":
        return MemoryStore(clock)
    if url.startswith(SQLITE) and len(url) > len(SQLITE):
        return await asyncio.to_thread(_sqlite, Path(url.removeprefix(SQLITE)), clock)
    if url.startswith(POSTGRES):
        return await _postgres(url, clock)
    raise ConfigFault(
        f"The database '{url}' is none that Antiphon knows. Use sqlite:///PATH, postgresql://USER@HOST/NAME or memory://."
    )


async def pending(url: str) -> list[Migration]:
    """The schema changes that opening the database at `url` would make; nothing is changed, not even a file made."""
    if url.startswith(SQLITE):
        return await asyncio.to_thread(_pending_sqlite, Path(url.removeprefix(SQLITE)))
    if url.startswith(POSTGRES):
        missing: list[Migration] = await _postgres_module().pending(url)
        return missing
    return []


def _pending_sqlite(path: Path) -> list[Migration]:
    if not path.exists():
        return available("sqlite")
    connection = Connection(path)
    try:
        return plan("sqlite", applied(connection), str(path))
    finally:
        connection.close()


def _sqlite(path: Path, clock: Callable[[], float]) -> OpenStore:
    """The store in one SQLite file."""
    connection = Connection(path)
    try:
        upgrade(connection)
    finally:
        connection.close()
    return SqlStore(SqliteBackend(partial(Connection, path), clock), clock)


async def _postgres(url: str, clock: Callable[[], float]) -> OpenStore:
    """The store in a PostgreSQL database."""
    return SqlStore(await _postgres_module().open_backend(url, clock), clock)


def _postgres_module() -> ModuleType:
    try:
        from antiphon.store import postgres  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError as error:
        raise ConfigFault(
            "PostgreSQL needs the package asyncpg, which isn't installed: pip install 'antiphon[postgres]'."
        ) from error
    return postgres
