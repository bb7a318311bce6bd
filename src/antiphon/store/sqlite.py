"""The SQLite backend: one writer thread that commits groups, a few reader threads, one file in WAL mode.

Python's own `sqlite3`, on threads of our own: a cancelled task never reaches a connection. Other processes may
use the same file; whoever writes waits for the others (`busy_timeout`). Not here: what is read and written
(`operations/`), and what an error means (`sqlite_faults.py`). Counterpart: `postgres.py`.
"""

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from antiphon.errors import AntiphonError, ConfigFault
from antiphon.store.asks import Ask, Each, Operation, Rows
from antiphon.store.groups import GroupCommit, Outcome, Unit, Work, units
from antiphon.store.migrate import Migration, foreign, plan
from antiphon.store.operations.saving import Lock, Save
from antiphon.store.queries import load
from antiphon.store.sql_backend import Reader
from antiphon.store.sqlite_faults import config_fault, store_fault

Result = TypeVar("Result")

BUSY_TIMEOUT = 5.0
READERS = 2
STATEMENTS = 256
IN_MEMORY = ":memory:"
OWNER_ONLY = 0o600

# The page size counts only for a new file; 8 KB hold the rows of an answer with a tenth less waste than 4.
# Everybody waits while the file takes over what the log holds, which is no more work for 4,000 pages than for 1,000.
PRAGMAS = (
    "page_size = 8192",
    "journal_mode = WAL",
    "synchronous = FULL",
    "temp_store = MEMORY",
    "wal_autocheckpoint = 4000",
)


class Connection:
    """One connection, for one thread at a time."""

    def __init__(self, path: Path, *, busy_timeout: float = BUSY_TIMEOUT, pragmas: Sequence[str] = ()) -> None:
        """Opens the file, creating it for its owner alone; `pragmas` (`name = value`) are set after our own.

        Raises `ConfigFault` when it can't be opened.
        """
        self.path = path
        self._queries = {name: query.sql for name, query in load("sqlite").items()}
        try:
            if str(path) != IN_MEMORY:
                create(path)
            self.raw = sqlite3.connect(
                path, timeout=busy_timeout, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS
            )
        except OSError as error:
            raise ConfigFault(f"The database {path} can't be opened: {error.strerror}.") from error
        except sqlite3.Error as error:
            raise config_fault(error, path) from error
        try:
            for pragma in (*PRAGMAS, *pragmas):
                self.raw.execute(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            self.raw.close()
            raise config_fault(error, path) from error

    def run(self, operation: Operation[Result]) -> Result:
        """Carry the operation out inside the transaction that is open."""
        steps = operation()
        reply: Rows = ()
        try:
            ask = next(steps)
            while True:
                reply = self._answer(ask)
                ask = steps.send(reply)
        except StopIteration as end:
            result: Result = end.value
            return result

    def _answer(self, ask: Ask) -> Rows:
        """Carry out one statement."""
        if isinstance(ask, Each):
            self.raw.executemany(self._queries[ask.query], ask.params)
            return ()
        return self.raw.execute(self._queries[ask.query], ask.params).fetchall()

    @contextlib.contextmanager
    def transaction(self, kind: str) -> Iterator[None]:
        """Everything inside or nothing; `kind` is SQLite's: DEFERRED to read, IMMEDIATE to write."""
        self.raw.execute(f"BEGIN {kind}")
        try:
            yield
            self.raw.execute("COMMIT")
        finally:
            # A full disk may have ended it already.
            if self.raw.in_transaction:
                self.raw.execute("ROLLBACK")

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what is done inside when it fails, and leave the transaction as it was before."""
        self.raw.execute("SAVEPOINT work")
        try:
            yield
        except BaseException:
            if self.raw.in_transaction:
                self.raw.execute("ROLLBACK TO work")
                self.raw.execute("RELEASE work")
            raise
        self.raw.execute("RELEASE work")

    def close(self) -> None:
        """Let go of the file."""
        self.raw.close()


def create(path: Path) -> None:
    """Make an empty file for its owner alone, unless there is one.

    A file that is there must not be opened here: closing it again would drop every lock that SQLite holds on it in
    this process, and let another process overwrite what is being written (https://www.sqlite.org/howtocorrupt.html).
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))


class Writer:
    """Commits groups of works on its connection; lives in one thread."""

    def __init__(self, connection: Connection, clock: Callable[[], float]) -> None:
        """`clock` gives Unix seconds."""
        self._connection = connection
        self._clock = clock

    def commit(self, works: Sequence[Work]) -> list[Outcome]:
        """One transaction for all; an outcome for each, in order.

        When it is lost, each work is tried by itself: one alone may have spoilt it.
        """
        try:
            return self._transact(works)
        except sqlite3.Error as error:
            if len(works) == 1 or not _may_be_one(error):
                return [store_fault(error, self._connection.path) for _ in works]
        return [outcome for work in works for outcome in self.commit([work])]

    def _transact(self, works: Sequence[Work]) -> list[Outcome]:
        """One transaction; raises what ends it."""
        todo = units(works, self._clock())
        with self._connection.transaction("IMMEDIATE"):
            return [outcome for unit in todo for outcome in self._attempt(unit)]

    def _attempt(self, unit: Unit) -> list[Outcome]:
        """Carry out one unit among others, and undo it alone when it is refused."""
        try:
            with self._connection.savepoint():
                return unit.outcomes(self._connection.run(unit.operation))
        except AntiphonError as refusal:
            return [refusal]


def _may_be_one(error: sqlite3.Error) -> bool:
    """Whether the group may have been lost to one work: not when the database couldn't be had at all."""
    return not getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_READONLY"))


class SqliteBackend:
    """A `Backend` on one file."""

    def __init__(self, connect: Callable[[], Connection], clock: Callable[[], float] = time.time) -> None:
        """`connect` opens a connection to the file; its schema must be there (`upgrade`)."""
        self._connect = connect
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._read_threads = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._writing = connect()
        self._reading: SimpleQueue[Connection] = SimpleQueue()
        for _ in range(READERS):
            self._reading.put(connect())
        self._writer = Writer(self._writing, clock)
        self._groups = GroupCommit(self._commit)

    async def read(self, operation: Operation[Result]) -> Result:
        self._groups.check_open()
        return await asyncio.get_running_loop().run_in_executor(self._read_threads, self._read, operation)

    def write(self, operation: Operation[Result]) -> asyncio.Future[Result]:
        return self._groups.add(operation)

    def submit(self, work: Save | Lock) -> asyncio.Future[None]:
        return self._groups.add(work)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Reader]:
        connection = self._connect()
        # A thread of its own: what reads long must not hold up the others.
        with ThreadPoolExecutor(1, thread_name_prefix="store-snapshot") as thread:

            async def read(operation: Operation[Result]) -> Result:
                return await asyncio.get_running_loop().run_in_executor(thread, self._within, connection, operation)

            try:
                connection.raw.execute("BEGIN DEFERRED")
                yield read
            finally:
                connection.close()

    async def close(self) -> None:
        if not await self._groups.close():
            return
        await asyncio.to_thread(self._shut_down)

    def _shut_down(self) -> None:
        """Let the threads end what they are at, and close the file."""
        self._write_thread.shutdown()
        self._read_threads.shutdown()
        for _ in range(READERS):
            self._reading.get().close()
        self._writing.close()

    async def _commit(self, works: Sequence[Work]) -> list[Outcome]:
        """Commit in the writer's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._write_thread, self._writer.commit, works)

    def _read(self, operation: Operation[Result]) -> Result:
        """Read, in a reader's thread, on a connection no one else uses meanwhile."""
        connection = self._reading.get()
        try:
            with connection.transaction("DEFERRED"):
                return connection.run(operation)
        except sqlite3.Error as error:
            raise store_fault(error, connection.path) from error
        finally:
            self._reading.put(connection)

    @staticmethod
    def _within(connection: Connection, operation: Operation[Result]) -> Result:
        """Read inside the transaction that is open."""
        try:
            return connection.run(operation)
        except sqlite3.Error as error:
            raise store_fault(error, connection.path) from error


def applied(connection: Connection) -> list[int]:
    """The schema versions the file has; none when it is empty. Raises `ConfigFault` when it isn't ours."""
    try:
        tables = {row[0] for row in connection.raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return []
        if "schema_versions" not in tables:
            raise foreign(str(connection.path))
        return [row[0] for row in connection.raw.execute("SELECT version FROM schema_versions ORDER BY version")]
    except sqlite3.Error as error:
        raise config_fault(error, connection.path) from error


def pending(path: Path) -> list[Migration]:
    """What `upgrade` would do to the file, which needn't be there and isn't made."""
    if not path.exists():
        return plan("sqlite", [], str(path))
    connection = Connection(path)
    try:
        return plan("sqlite", applied(connection), str(path))
    finally:
        connection.close()


def upgrade(connection: Connection) -> list[Migration]:
    """Bring the file to the newest schema, in one transaction; gives what was done.

    Two processes may do it at once: the second finds nothing left to do.
    """
    if not plan("sqlite", applied(connection), str(connection.path)):
        return []
    try:
        with connection.transaction("IMMEDIATE"):
            missing = plan("sqlite", applied(connection), str(connection.path))
            connection.raw.execute(
                "CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, name TEXT NOT NULL)"
            )
            for migration in missing:
                for statement in statements(migration.sql):
                    connection.raw.execute(statement)
                connection.raw.execute("INSERT INTO schema_versions VALUES (?, ?)", (migration.version, migration.name))
            return missing
    except sqlite3.Error as error:
        raise config_fault(error, connection.path) from error


def statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would end the transaction."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
