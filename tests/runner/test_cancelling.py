"""A run is cancelled from another server while whoever carries it out keeps a step, or its end.

Two servers in this process over one database; what the first keeps is held until the test lets it go. Not here: runs
that are cancelled while their model speaks or a tool works, over real processes (`test_fleet.py`).
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fleet import Outside
from postgres_server import postgres_server

from antiphon.config import Environment, load
from antiphon.engine import run_state
from antiphon.runner.worker import Worker
from antiphon.server.app import build_app
from antiphon.server.callers import OPEN
from antiphon.server.services import Services, open_services
from antiphon.store.runs import Lease, Runs, Standing, Step
from antiphon.testing import check_stream, parse_sse

PATIENCE = 60.0
SETTINGS = '[tools.web_search]\nbackend = "searxng"\nurl = "{url}"\n'
ASKED = {"model": "scripted/m", "input": "run", "background": True, "tools": [{"type": "web_search"}]}
STEPS = {"queued": (0, 0), "calling": (1, 0), "asking": (1, 1)}
"""Phases that are kept, with the calls of the model and of the tool that were made by then."""


class Held:
    """Runs of a store whose worker stops at one point: where it keeps a phase, or the `finish`.

    With `asleep` it doesn't renew its leases meanwhile.
    """

    def __init__(self, runs: Runs, point: str, *, asleep: bool) -> None:
        self.reached = asyncio.Event()
        self.told = asyncio.Event()
        self.go = asyncio.Event()
        self._runs = runs
        self._point = point
        self._asleep = asleep

    def __getattr__(self, name: str) -> Any:
        """Whatever isn't held."""
        return getattr(self._runs, name)

    async def save(self, lease: Lease, step: Step) -> None:
        """Hold the step, where it is the one."""
        state = run_state.decode(step.state)
        await self._stop(state.phase if state.phase != "asking" or state.turns else "")
        await self._runs.save(lease, step)

    async def finish(self, *what: Any) -> None:
        """Hold the end, where it is that."""
        await self._stop("finish")
        await self._runs.finish(*what)

    async def renew(self, leases: list[Lease], seconds: float) -> Standing:
        """Hold on to runs, and learn of what is wished."""
        if self._asleep and self.reached.is_set():
            await self.go.wait()
        standing = await self._runs.renew(leases, seconds)
        if standing.cancelled or standing.lost:
            self.told.set()
        return standing

    async def _stop(self, point: str) -> None:
        if point == self._point:
            self.reached.set()
            await self.go.wait()


@dataclass
class Server:
    """One of the two."""

    services: Services
    http: httpx2.AsyncClient

    async def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return await self.http.request(method, f"/v1/responses{path}", **more)

    async def followed(self, run_id: str) -> Any:
        """All events, once the last is there."""
        answer = await self.ask("GET", f"/{run_id}?stream=true")
        return parse_sse(answer.content)


@dataclass
class Scene:
    """The server that carries the run out and is held, the other one, and what is outside."""

    first: Server
    second: Server
    held: Held
    outside: Outside
    readers: list["asyncio.Task[Any]"] = field(default_factory=list)

    async def begun(self) -> str:
        """A run that has come to where it is held, with a reader at each server."""
        run_id = str((await self.first.ask("POST", "", json=ASKED)).json()["id"])
        self.readers = [asyncio.create_task(server.followed(run_id)) for server in (self.first, self.second)]
        async with asyncio.timeout(PATIENCE):
            await self.held.reached.wait()
        return run_id

    async def seen(self, run_id: str) -> Any:
        """The response as the readers saw it end, all alike, and as it is stored."""
        async with asyncio.timeout(PATIENCE):
            one, other = await asyncio.gather(*self.readers)
        assert one == other == await self.second.followed(run_id)
        final = check_stream(one)
        assert final == (await self.first.ask("GET", f"/{run_id}")).json()
        return final

    @property
    def calls(self) -> tuple[int, int]:
        """Of the model, and of the tool."""
        return len(self.outside.models), len(self.outside.tools)


@asynccontextmanager
async def server_of(db: str, folder: Path, outside: Outside, held: tuple[str, bool] | None) -> AsyncIterator[Any]:
    """A server, and its runs where they are `held` at a point."""
    (folder / "antiphon.toml").write_text(SETTINGS.format(url=outside.upstream.url.removesuffix("/v1")))
    flags = {"db": db, "upstream": [f"scripted={outside.upstream.url}"]}
    config = load(flags, {"ANTIPHON_SEALING_KEYS": "k" * 43}, folder)
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(config, Environment(variables={})))
        runs: Any = services.store.runs
        if held is not None:
            runs = Held(services.store.runs, held[0], asleep=held[1])
            worker = Worker(runs, services.store.signals, services.client.ask, "held")
            stack.push_async_callback(worker.close)
            services = replace(services, worker=worker)
        transport = httpx2.ASGITransport(build_app(services))
        http = httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=PATIENCE)
        await stack.enter_async_context(http)
        services.worker.start()
        yield Server(services, http), runs


@asynccontextmanager
async def scene_of(db: str, folder: Path, point: str, *, asleep: bool) -> AsyncIterator[Scene]:
    outside = Outside(1, 0.0)
    with outside.upstream:
        async with (
            server_of(db, folder, outside, (point, asleep)) as (first, held),
            server_of(db, folder, outside, None) as (second, _),
        ):
            # Whoever doesn't make it may take it up only by leave.
            second.services.worker.retire()
            yield Scene(first, second, held, outside)
            held.go.set()


@pytest.fixture(scope="module")
def database() -> Any:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/kept.db"
    return str(request.getfixturevalue("database").url())


@pytest.mark.parametrize("step", STEPS)
async def test_between_turns_it_ends_before_the_next(db: str, tmp_path: Path, step: str) -> None:
    async with scene_of(db, tmp_path, step, asleep=False) as scene:
        run_id = await scene.begun()
        cancelling = asyncio.create_task(scene.second.ask("POST", f"/{run_id}/cancel"))
        async with asyncio.timeout(PATIENCE):
            await scene.held.told.wait()
        scene.held.go.set()
        answer = (await cancelling).json()
        assert answer["status"] == "cancelled"
        assert await scene.seen(run_id) == answer
        assert scene.calls == STEPS[step]
        assert (await scene.first.ask("POST", f"/{run_id}/cancel")).json() == answer


@pytest.mark.parametrize("point", [*STEPS, "finish"])
async def test_a_worker_that_does_not_answer_is_refused_when_it_does(db: str, tmp_path: Path, point: str) -> None:
    async with scene_of(db, tmp_path, point, asleep=True) as scene:
        run_id = await scene.begun()
        answer = (await scene.second.ask("POST", f"/{run_id}/cancel")).json()
        assert answer["status"] == "cancelled"
        scene.held.go.set()
        await scene.first.services.worker.over(PATIENCE)
        assert scene.first.services.worker.jobs == 0
        assert await scene.seen(run_id) == answer
        assert scene.calls == STEPS.get(point, (2, 1))


async def test_while_it_is_saved_it_is_too_late(db: str, tmp_path: Path) -> None:
    async with scene_of(db, tmp_path, "finish", asleep=False) as scene:
        run_id = await scene.begun()
        await scene.second.services.store.runs.cancel(OPEN.project, run_id)
        async with asyncio.timeout(PATIENCE):
            await scene.held.told.wait()
        scene.held.go.set()
        assert (await scene.seen(run_id))["status"] == "completed"
        assert (await scene.second.ask("POST", f"/{run_id}/cancel")).status_code == httpx2.codes.CONFLICT
        assert scene.calls == (2, 1)
