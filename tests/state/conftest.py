"""One server for each kind of store, shared by this folder's tests, and both official clients on it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count

import asyncpg
import pytest
from official import Client
from postgres_server import PostgresServer, postgres_server
from running_server import RunningServer, Scene, Stage, running_server

from antiphon.testing import ScriptedUpstream

KINDS = ["memory", "sqlite", "postgres"]
DURABLE = ["sqlite", "postgres"]

NewDatabase = Callable[[str], str]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests that ask for it."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewDatabase:
    """A function that gives the URL of an empty database of a kind."""
    numbers = count(1)

    def make(kind: str) -> str:
        if kind == "memory":
            return "memory://"
        if kind == "sqlite":
            return f"sqlite:///{tmp_path_factory.mktemp('state')}/kept.db"
        server: PostgresServer = request.getfixturevalue("postgres")
        name = f"state{next(numbers)}"
        asyncio.run(_make_schema(server.url(), name))
        return server.url(name)

    return make


async def _make_schema(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(f"CREATE SCHEMA {name}")
    await connection.close()


@pytest.fixture(params=DURABLE)
def database(request: pytest.FixtureRequest, new_database: NewDatabase) -> str:
    """The URL of an empty database that outlives its server."""
    return new_database(request.param)


@pytest.fixture(scope="session")
def stage() -> Stage:
    return Stage()


@pytest.fixture(scope="session")
def shared_upstream(stage: Stage) -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(default=stage, models=["m"]) as upstream:
        yield upstream


@pytest.fixture(scope="session", params=KINDS)
def shared_server(
    request: pytest.FixtureRequest, shared_upstream: ScriptedUpstream, new_database: NewDatabase
) -> Iterator[RunningServer]:
    """The server on each kind of store."""
    url = new_database(request.param)
    with running_server("--upstream", f"scripted={shared_upstream.url}", "--db", url) as server:
        yield server


@pytest.fixture
def scene(shared_server: RunningServer, shared_upstream: ScriptedUpstream, stage: Stage) -> Scene:
    return Scene(shared_server, shared_upstream, stage.script)


@pytest.fixture(params=["sync", "async"])
async def client(request: pytest.FixtureRequest, scene: Scene) -> AsyncIterator[Client]:
    """Both official clients, one after the other; every answer they get is judged."""
    async with contextlib.AsyncExitStack() as stack:
        if request.param == "sync":
            yield Client(scene.server.client)
        else:
            yield Client(await stack.enter_async_context(scene.server.async_client()))
