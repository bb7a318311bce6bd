"""One empty store of each kind: every test that takes `store` runs on all of them."""

from collections.abc import AsyncIterator, Iterator
from itertools import count

import asyncpg
import pytest
from postgres_server import PostgresServer, postgres_server
from sample_rows import Clock, Make

from antiphon.store.base import OpenStore
from antiphon.store.open import open_store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make() -> Make:
    return Make()


KINDS = ["memory", "sqlite", "postgres"]
SCHEMAS = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests that ask for it."""
    with postgres_server() as server:
        yield server


async def empty_database(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of the kind the fixture's parameter names."""
    number = next(SCHEMAS)
    if request.param == "memory":
        return "memory://"
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('tmp_path')}/store{number}.db"
    return await empty_schema(request.getfixturevalue("postgres"), f"test{number}")


async def empty_schema(server: PostgresServer, name: str) -> str:
    """The URL of a new schema."""
    connection = await asyncpg.connect(server.url())
    await connection.execute(f"CREATE SCHEMA {name}")
    await connection.close()
    return server.url(name)


@pytest.fixture(params=KINDS)
async def store_url(request: pytest.FixtureRequest) -> str:
    return await empty_database(request)


@pytest.fixture(params=KINDS)
async def other_url(request: pytest.FixtureRequest) -> str:
    return await empty_database(request)


@pytest.fixture
async def store(store_url: str, clock: Clock) -> AsyncIterator[OpenStore]:
    opened = await open_store(store_url, clock)
    yield opened
    await opened.close()
