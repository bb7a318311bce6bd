"""Opens the store that a URL names: `memory://`, `sqlite:///PATH` or `postgresql://…`.

Not here: which URL (the configuration's business) and what a store does (`base.py`).
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType

from antiphon.errors import ConfigFault
from antiphon.store import sqlite
from antiphon.store.base import OpenStore
from antiphon.store.migrate import Migration
from antiphon.store.pgvector import PgvectorNear
from antiphon.store.sql_store import SqlStore
from antiphon.store.sql_vectors import SqlVectors
from antiphon.store.tsvector import Tsvector

MEMORY = "memory://"
SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")


async def open_store(url: str, clock: Callable[[], float] = time.time) -> OpenStore:
    """The store at `url`, its schema brought up to date first.

    `sqlite:///notes.db` is a file in the working directory, `sqlite:////var/notes.db` one by its full path; the
    folder must exist. `clock` (Unix seconds) is the time that locks expire by. Raises `ConfigFault` when the URL
    or the database is of no use.
    """
    if url == MEMORY:
        return in_memory(clock)
    if url.startswith(SQLITE) and len(url) > len(SQLITE):
        return await asyncio.to_thread(_sqlite, Path(url.removeprefix(SQLITE)), clock)
    if url.startswith(POSTGRES):
        backend = await _postgres().open_backend(url, clock)
        signals = import_module("antiphon.store.postgres_signals").PostgresSignals(url)
        return SqlStore(backend, clock, SqlVectors(backend, PgvectorNear(backend), Tsvector(backend), clock), signals)
    raise unknown(url)


def in_memory(clock: Callable[[], float] = time.time) -> OpenStore:
    """A store of its own that is gone with the process."""
    made: OpenStore = import_module("antiphon.store.memory").MemoryStore(clock)
    return made


async def pending(url: str) -> list[Migration]:
    """The schema steps that opening the store would do first, without doing them; none in memory."""
    if url == MEMORY:
        return []
    if url.startswith(SQLITE) and len(url) > len(SQLITE):
        return await asyncio.to_thread(sqlite.pending, Path(url.removeprefix(SQLITE)))
    if url.startswith(POSTGRES):
        steps: list[Migration] = await _postgres().pending(url)
        return steps
    raise unknown(url)


def unknown(url: str) -> ConfigFault:
    """The URL names no kind of store."""
    return ConfigFault(
        f"The database '{url}' is none that Antiphon knows. Use sqlite:///PATH, postgresql://USER@HOST/NAME or memory://."
    )


def _sqlite(path: Path, clock: Callable[[], float]) -> OpenStore:
    """The store in one SQLite file."""
    connection = sqlite.Connection(path)
    try:
        sqlite.upgrade(connection)
    finally:
        connection.close()
    return SqlStore(sqlite.SqliteBackend(partial(sqlite.Connection, path), clock), clock)


def _postgres() -> ModuleType:
    """The module that needs the driver, which few have installed."""
    try:
        return import_module("antiphon.store.postgres")
    except ModuleNotFoundError as error:
        raise ConfigFault(
            "PostgreSQL needs the package asyncpg, which isn't installed: pip install 'antiphon[postgres]'."
        ) from error
