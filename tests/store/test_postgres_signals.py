"""Signals between processes over one PostgreSQL; each store here is one of its own, as in another process."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from postgres_server import PostgresServer, postgres_server

from antiphon.store.postgres_signals import PostgresSignals
from antiphon.store.signals import QUEUE

LONG = 60.0
RUN = ("p", "résp_1")


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresServer]:
    """One that may be stopped."""
    with postgres_server() as server:
        yield server


@pytest.fixture
async def pair(database: PostgresServer) -> AsyncIterator[tuple[PostgresSignals, PostgresSignals]]:
    here, there = PostgresSignals(database.url()), PostgresSignals(database.url())
    yield here, there
    await here.close()
    await there.close()


async def told_until_heard(here: PostgresSignals, there: PostgresSignals, number: int) -> None:
    """Tell, as one does whose signals may get lost, until the other side hears."""
    with there.bell(RUN) as bell:
        async with asyncio.timeout(LONG):
            while bell.sequence < number:
                here.tell(RUN, number)
                await bell.wait(0.2)


async def test_another_process_hears(pair: tuple[PostgresSignals, PostgresSignals]) -> None:
    here, there = pair
    await told_until_heard(here, there, 1)
    with there.bell(RUN) as bell, there.bell(QUEUE) as queue:
        for number in range(2, 500):
            here.tell(RUN, number)
        async with asyncio.timeout(LONG):
            while bell.sequence < 499:
                await bell.wait(LONG)
        assert not await queue.wait(0)


async def test_its_own_words_come_back_to_nobody_twice(pair: tuple[PostgresSignals, PostgresSignals]) -> None:
    here, there = pair
    await told_until_heard(here, there, 1)
    with here.bell(RUN) as bell:
        here.tell(RUN, 2)
        assert await bell.wait(LONG)
        await told_until_heard(there, here, 3)
        assert bell.sequence == 3


async def test_every_bell_rings_when_the_database_is_back(
    database: PostgresServer, pair: tuple[PostgresSignals, PostgresSignals], caplog: pytest.LogCaptureFixture
) -> None:
    here, there = pair
    await told_until_heard(here, there, 1)
    with there.bell(QUEUE) as bell:
        await asyncio.to_thread(database.kill)
        await asyncio.to_thread(database.start)
        assert await bell.wait(LONG)
    await told_until_heard(here, there, 2)
    assert "aren't heard for now" in caplog.text or not caplog.records


async def test_a_name_that_is_too_long_rings_here_alone(pair: tuple[PostgresSignals, PostgresSignals]) -> None:
    here, there = pair
    name = ("p", "x" * 9_000)
    with here.bell(name) as bell:
        here.tell(name)
        assert await bell.wait(LONG)
    await told_until_heard(here, there, 1)


async def test_what_is_no_signal_of_ours_is_passed_over(
    database: PostgresServer, pair: tuple[PostgresSignals, PostgresSignals]
) -> None:
    here, there = pair
    await told_until_heard(here, there, 1)
    await asyncio.to_thread(
        database._run, "psql", "-h", str(database.folder), "-U", "postgres", "-c", "NOTIFY antiphon, 'no json'"
    )
    await told_until_heard(here, there, 2)
