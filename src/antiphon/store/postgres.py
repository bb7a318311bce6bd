"""The PostgreSQL backend: one connection that commits groups, and a pool that reads. Needs the extra `postgres`.

A connection that was lost is opened anew by the next who needs it. Not here: what is read and written
(`operations/`), and what an error means (`postgres_faults.py`). Counterpart: `sqlite.py`.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg

from antiphon.errors import AntiphonError, ConfigFault
from antiphon.store.asks import Ask, Each, Operation, Rows
from antiphon.store.groups import GroupCommit, Outcome, Unit, Work, units
from antiphon.store.migrate import Migration, foreign, plan
from antiphon.store.operations.saving import Lock, Save
from antiphon.store.postgres_faults import ERRORS, PASSING, config_fault, store_fault
from antiphon.store.queries import load
from antiphon.store.sql_backend import Reader

Result = TypeVar("Result")

READERS = 4
# More statements than there are, so that each is prepared once.
STATEMENTS = 256
CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 60.0
# Every statement goes by an index, from few rows to few. A planner without statistics, as on a young database, would
# rather read a whole table to meet one response: 18 ms where the index takes 0.3.
SETTINGS = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_material": "off",
    "jit": "off",
    # The context of 5,000 turns is sorted in memory.
    "work_mem": "64MB",
    # Searches of an index of vectors go on until enough is found that passes the filters.
    "hnsw.iterative_scan": "strict_order",
}
OPTIONS: Mapping[str, Any] = {
    "timeout": CONNECT_SECONDS,
    "command_timeout": COMMAND_SECONDS,
    "statement_cache_size": STATEMENTS,
    "server_settings": SETTINGS,
}
ATTEMPTS = 3
# Two processes that bring the schema up to date wait for each other at this number.
MIGRATION_LOCK = 0x616E7469


class Statement:
    """A named statement as the driver takes it."""

    def __init__(self, sql: str, names: tuple[str, ...]) -> None:
        """`names` are the parameters in the order of their numbers."""
        self.sql = sql
        self.names = names
        # Takes a whole column at a time.
        self.unnests = "unnest(" in sql

    def row(self, params: Mapping[str, Any]) -> list[Any]:
        """The parameters in order."""
        return [params[name] for name in self.names]

    def columns(self, rows: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
        """For each parameter, its values in all rows."""
        return [[row[name] for row in rows] for name in self.names]


class Connection:
    """Carries operations out on one connection of the driver."""

    def __init__(self, raw: Any) -> None:  # noqa: ANN401 - the driver carries no types
        """`raw` is the driver's, or one lent by its pool."""
        self.raw = raw
        self._statements = statements()

    async def run(self, operation: Operation[Result]) -> Result:
        """Carry the operation out inside the transaction that is open."""
        steps = operation()
        try:
            ask = next(steps)
            while True:
                ask = steps.send(await self.answer(ask))
        except StopIteration as end:
            result: Result = end.value
            return result

    async def answer(self, ask: Ask) -> Rows:
        """Carry out one statement."""
        statement = self._statements[ask.query]
        if not isinstance(ask, Each):
            sql = statement.sql.format_map(ask.names) if ask.names else statement.sql
            rows: Rows = await self.raw.fetch(sql, *statement.row(ask.params))
            return rows
        if statement.unnests:
            await self.raw.execute(statement.sql, *statement.columns(ask.params))
        else:
            await self.raw.executemany(statement.sql, [statement.row(row) for row in ask.params])
        return ()


@cache
def statements() -> Mapping[str, Statement]:
    """Every statement, ready for the driver."""
    return {name: Statement(*query.numbered()) for name, query in load("postgres").items()}


async def connect(url: str, **options: Any) -> Connection:  # noqa: ANN401 - the driver's own
    """A connection of its own; `options` are the driver's, where other than the usual."""
    raw = await asyncpg.connect(url, **{**OPTIONS, **options})
    return Connection(raw)


async def leave_as_it_is(_: object) -> None:
    """What the pool does with a connection that comes back: nothing here changes its settings."""


class PostgresBackend:
    """A `Backend` on one database; `open_backend` makes it."""

    def __init__(self, url: str, pool: Any, clock: Callable[[], float] = time.time) -> None:  # noqa: ANN401 - no types
        """Takes over the pool, which reads; the schema must be there (`upgrade`)."""
        self._url = url
        self._pool = pool
        self._clock = clock
        self._writing: Connection | None = None
        self._groups = GroupCommit(self._commit)

    async def read(self, operation: Operation[Result]) -> Result:
        self._groups.check_open()
        try:
            async with self._pool.acquire(timeout=CONNECT_SECONDS) as raw:
                return await self._read(Connection(raw), operation)
        except ERRORS as error:
            raise store_fault(error) from error

    def write(self, operation: Operation[Result]) -> asyncio.Future[Result]:
        return self._groups.add(operation)

    def submit(self, work: Save | Lock) -> asyncio.Future[None]:
        return self._groups.add(work)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Reader]:
        async def read(operation: Operation[Result]) -> Result:
            return await connection.run(operation)

        try:
            connection = await connect(self._url)
            try:
                async with connection.raw.transaction(isolation="repeatable_read", readonly=True):
                    yield read
            finally:
                await connection.raw.close()
        except ERRORS as error:
            raise store_fault(error) from error

    async def build(self, operation: Operation[None]) -> None:
        """Carry the operation out on a connection of its own, each statement by itself, however long it takes."""
        self._groups.check_open()
        try:
            connection = await connect(self._url, command_timeout=None)
            try:
                await connection.run(operation)
            finally:
                await connection.raw.close()
        except ERRORS as error:
            raise store_fault(error) from error

    async def close(self) -> None:
        if not await self._groups.close():
            return
        if self._writing is not None:
            await self._writing.raw.close(timeout=CONNECT_SECONDS)
        await self._pool.close()

    async def _read(self, connection: Connection, operation: Operation[Result]) -> Result:
        """Read; what takes one statement, as most do, needs no transaction around it."""
        steps = operation()
        try:
            reply = await connection.answer(next(steps))
            steps.send(reply)
        except StopIteration as end:
            result: Result = end.value
            return result
        async with connection.raw.transaction(isolation="repeatable_read", readonly=True):
            return await connection.run(operation)

    async def _commit(self, works: Sequence[Work]) -> list[Outcome]:
        """One transaction for all; an outcome for each, in order.

        When it is lost, each work is tried by itself, and again while it only met with another writer.
        """
        for attempt in range(ATTEMPTS):
            try:
                return await self._transact(works)
            except AntiphonError as refusal:
                return [refusal]
            except ERRORS as error:
                if len(works) > 1 and self._connected():
                    break
                if attempt + 1 == ATTEMPTS or not isinstance(error, PASSING):
                    return [store_fault(error) for _ in works]
        return [outcome for work in works for outcome in await self._commit([work])]

    async def _transact(self, works: Sequence[Work]) -> list[Outcome]:
        """One transaction; raises what ends it."""
        if self._writing is None or not self._connected():
            self._writing = await connect(self._url)
        connection = self._writing
        todo = units(works, self._clock())
        async with connection.raw.transaction():
            if len(todo) == 1:
                return todo[0].outcomes(await connection.run(todo[0].operation))
            return [outcome for unit in todo for outcome in await self._attempt(connection, unit)]

    async def _attempt(self, connection: Connection, unit: Unit) -> list[Outcome]:
        """Carry out one unit among others, and undo it alone when it is refused."""
        try:
            async with connection.raw.transaction():
                return unit.outcomes(await connection.run(unit.operation))
        except AntiphonError as refusal:
            return [refusal]

    def _connected(self) -> bool:
        """Whether the writing connection is of use."""
        return self._writing is not None and not self._writing.raw.is_closed()


async def open_backend(url: str, clock: Callable[[], float] = time.time) -> PostgresBackend:
    """The database at `url`, its schema brought up to date. Raises `ConfigFault` when it is of no use."""
    async with first_connection(url) as connection:
        await upgrade(connection, shown(url))
        # None held open beforehand: the pool would complain on its own account while the server is away.
        pool = await asyncpg.create_pool(url, min_size=0, max_size=READERS, reset=leave_as_it_is, **OPTIONS)
    return PostgresBackend(url, pool, clock)


async def pending(url: str) -> list[Migration]:
    """What `upgrade` would do to the database at `url`. Raises `ConfigFault` when it is of no use."""
    async with first_connection(url) as connection:
        return plan("postgres", await applied(connection, shown(url)), shown(url))


@contextlib.asynccontextmanager
async def first_connection(url: str) -> AsyncIterator[Connection]:
    """A connection whose troubles are the operator's: a wrong URL, no server, no database, no permission."""
    where = shown(url)
    try:
        connection = await connect(url)
        try:
            yield connection
        finally:
            await connection.raw.close()
    except ValueError as error:
        raise ConfigFault(f"The database {where} can't be opened: {error}.") from error
    except ERRORS as error:
        raise config_fault(error, where) from error


def shown(url: str) -> str:
    """The URL without its password."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":…@")).geturl()


async def applied(connection: Connection, where: str) -> list[int]:
    """The schema versions the database has; none when it is empty. Raises `ConfigFault` when it isn't ours."""
    tables = await connection.raw.fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    names = {row[0] for row in tables}
    if not names:
        return []
    if "schema_versions" not in names:
        raise foreign(where)
    rows = await connection.raw.fetch("SELECT version FROM schema_versions ORDER BY version")
    return [row[0] for row in rows]


async def upgrade(connection: Connection, where: str) -> list[Migration]:
    """Bring the database to the newest schema, in one transaction; gives what was done.

    Two processes may do it at once: the second waits, and finds nothing left to do.
    """
    if not plan("postgres", await applied(connection, where), where):
        return []
    async with connection.raw.transaction():
        await connection.raw.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)
        missing = plan("postgres", await applied(connection, where), where)
        await connection.raw.execute(
            "CREATE TABLE IF NOT EXISTS schema_versions (version bigint PRIMARY KEY, name text NOT NULL)"
        )
        for migration in missing:
            await connection.raw.execute(migration.sql)
            await connection.raw.execute(
                "INSERT INTO schema_versions VALUES ($1, $2)", migration.version, migration.name
            )
        return missing
