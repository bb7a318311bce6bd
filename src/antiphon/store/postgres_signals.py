"""Signals between processes over one PostgreSQL: LISTEN and NOTIFY, on a connection of its own.

What is told is gathered for some milliseconds and sent in one statement, outside the transactions that it tells of: a
NOTIFY inside one makes all commits of the database wait for each other. When the connection was lost, every bell rings
once it is there again. Counterpart: `signals.py`. Not here: what a signal is good for (`runner/`).
"""

import asyncio
import contextlib
import logging
from typing import Any

import asyncpg
import msgspec

from antiphon.store.postgres_faults import ERRORS
from antiphon.store.signals import LocalSignals, Name

log = logging.getLogger("antiphon")

CHANNEL = "antiphon"
GATHER_SECONDS = 0.01
ALIVE_SECONDS = 15.0
"""Between two looks whether a connection on which nothing happens is still one."""
ANSWER_SECONDS = 5.0
PAUSES = (0.05, 0.2, 0.5, 1.0)
"""Seconds before a lost connection is opened anew, the last again and again."""

NOTIFY = "SELECT pg_notify('antiphon', payload) FROM unnest($1::text[]) AS payload"
LONGEST = 7_900
"""Bytes of a payload; PostgreSQL takes fewer than 8,000."""

Payload = tuple[str, str, int]


class PostgresSignals(LocalSignals):
    """Signals to and from all processes over the database at `url`. Its connection opens with the first use."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._to_tell: dict[Name, int] = {}
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def tell(self, name: Name, sequence: int = -1) -> None:
        super().tell(name, sequence)
        self._to_tell[name] = max(sequence, self._to_tell.get(name, -1))
        self._news.set()
        self._begin()

    def bell(self, name: Name) -> Any:  # noqa: ANN401 - the context manager of the base class
        self._begin()
        return super().bell(name)

    async def close(self) -> None:
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def _begin(self) -> None:
        if self._task is None and not self._closed:
            self._task = asyncio.create_task(self._keep_connected())

    async def _keep_connected(self) -> None:
        failures = 0
        while True:
            try:
                connection = await asyncpg.connect(self._url, timeout=ANSWER_SECONDS, command_timeout=ANSWER_SECONDS)
                failures = 0
                await self._serve(connection)
            except ERRORS as error:
                if not failures:
                    log.warning("signals of other processes aren't heard for now: %s", error)
                await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1

    async def _serve(self, connection: Any) -> None:  # noqa: ANN401 - the driver carries no types
        """Tell and hear on this connection until it is lost. Raises what ends it."""
        try:
            await connection.add_listener(CHANNEL, self._heard)
            connection.add_termination_listener(lambda _: self._news.set())
            self.ring_all()
            while not connection.is_closed():
                if await self._anything_to_tell():
                    told, self._to_tell = self._to_tell, {}
                    await connection.execute(NOTIFY, [payload for each in told.items() if (payload := _payload(*each))])
                else:
                    await connection.execute("SELECT 1")
        finally:
            with contextlib.suppress(*ERRORS):
                await connection.close(timeout=ANSWER_SECONDS)

    async def _anything_to_tell(self) -> bool:
        """Wait until there is, and a little for more of it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ALIVE_SECONDS):
                await self._news.wait()
                await asyncio.sleep(GATHER_SECONDS)
        self._news.clear()
        return bool(self._to_tell)

    def _heard(self, connection: Any, sender: int, _channel: str, payload: str) -> None:  # noqa: ANN401 - no types
        if sender == connection.get_server_pid():
            return
        with contextlib.suppress(msgspec.MsgspecError):
            project, run_id, sequence = msgspec.json.decode(payload, type=Payload)
            self.ring((project, run_id), sequence)


def _payload(name: Name, sequence: int) -> str | None:
    """As it travels; None for a name that is too long to."""
    text = msgspec.json.encode((*name, sequence)).decode()
    return text if len(text.encode()) < LONGEST else None
