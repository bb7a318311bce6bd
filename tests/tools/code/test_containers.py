"""Containers: whose they are, when they end, and what of them is told to the service that stands before them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from antiphon.errors import NotFound, SandboxFailed
from antiphon.tools.code.containers import Containers, Run, Wanted, file_id
from antiphon.tools.code.protocol import Ran, WorkFile
from antiphon.tools.code.settings import CodeSettings


@dataclass
class Pretended:
    """A sandbox that runs nothing: it says the code."""

    alive: bool = True
    closed: bool = False
    held: dict[str, bytes] = field(default_factory=dict)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, code: str, seconds: int) -> Ran:
        if code == "wait":
            await self.go_on.wait()
        return Ran(result=f"{code} in {seconds}")

    async def files(self) -> list[WorkFile]:
        return [WorkFile(path, len(data)) for path, data in self.held.items()]

    async def read(self, path: str) -> bytes:
        return self.held[path]

    async def write(self, path: str, data: bytes) -> None:
        self.held[path] = data

    async def remove(self, path: str) -> None:
        del self.held[path]

    async def close(self) -> None:
        self.alive, self.closed = False, True


@dataclass
class House:
    """Containers with a clock that stands still, and the sandboxes that were started."""

    now: float = 1000.0
    started: list[tuple[str, int, Pretended]] = field(default_factory=list)

    async def start(self, container_id: str, memory: int) -> Pretended:
        sandbox = Pretended()
        self.started.append((container_id, memory, sandbox))
        return sandbox

    @asynccontextmanager
    async def containers(self, **settings: object) -> AsyncIterator[Containers]:
        said = CodeSettings(sandbox="bubblewrap", **settings)  # type: ignore[arg-type] # by name
        made = Containers(said, self.start, lambda: self.now)
        try:
            yield made
        finally:
            await made.close()
        assert all(sandbox.closed for _, _, sandbox in self.started)


async def test_a_sandbox_is_started_when_it_is_used_and_used_again() -> None:
    house = House()
    async with house.containers(memory="4g", seconds=7) as containers:
        kept = await containers.make(Wanted("p", "c", "mine", "1g", 120))
        assert house.started == []
        assert await containers.run(kept, "x") == Run(Ran(result="x in 7"), [], fresh=True)
        assert await containers.run(kept, "y") == Run(Ran(result="y in 7"), [], fresh=False)
        assert (house.started[0][:2], len(house.started)) == (("c", 1 << 30), 1)
        shown = kept.shown
        assert (shown.name, shown.memory_limit, shown.expires_after.minutes, shown.created_at) == (
            "mine",
            "1g",
            2,
            1000,
        )


async def test_no_more_than_the_operator_allows() -> None:
    async with House().containers(memory="2g", idle_seconds=60) as containers:
        kept = await containers.make(Wanted("p", "c", memory="64g", idle_seconds=99_999))
        assert (kept.memory, kept.idle_seconds, kept.shown.memory_limit) == (2 << 30, 60, None)


async def test_a_project_sees_its_own_alone() -> None:
    async with House().containers() as containers:
        kept = await containers.make(Wanted("p", "c"))
        other = await containers.make(Wanted("q", "c"))
        assert kept is not other
        assert await containers.make(Wanted("p", "c")) is kept
        assert containers.of("p") == [kept.shown]
        await containers.remove("p", "c")
        with pytest.raises(NotFound, match="doesn't exist, or has expired"):
            containers.get("p", "c")
        with pytest.raises(NotFound):
            await containers.remove("p", "c")
        assert containers.get("q", "c") is other


async def test_one_that_broke_begins_anew() -> None:
    house = House()
    async with house.containers() as containers:
        kept = await containers.make(Wanted("p", "c"))
        await containers.run(kept, "x")
        house.started[0][2].alive = False
        assert (await containers.run(kept, "x")).fresh
        assert house.started[0][2].closed


async def test_one_that_breaks_is_ended_at_once() -> None:
    house = House()
    async with house.containers() as containers:
        kept = await containers.make(Wanted("p", "c"))
        async with containers.using(kept):
            house.started[0][2].alive = False
        assert house.started[0][2].closed
        assert kept.sandbox is None


async def test_idle_ones_end() -> None:
    house = House()
    async with house.containers(idle_seconds=100) as containers:
        kept = await containers.make(Wanted("p", "c"))
        await containers.run(kept, "x")
        await containers.make(Wanted("p", "d", idle_seconds=10))
        house.now += 50
        await containers.sweep()
        assert [one.id for one in containers.of("p")] == ["c"]
        await containers.run(kept, "x")
        house.now += 99
        await containers.sweep()
        assert [one.id for one in containers.of("p")] == ["c"]
        house.now += 2
        await containers.sweep()
        assert containers.of("p") == []
        assert house.started[0][2].closed


async def test_the_one_that_rested_longest_makes_room() -> None:
    house = House()
    async with house.containers(containers=2) as containers:
        for name in ("a", "b"):
            await containers.run(await containers.make(Wanted("p", name)), "x")
            house.now += 1
        await containers.run(containers.get("p", "a"), "x")
        await containers.make(Wanted("p", "c"))
        assert [one.id for one in containers.of("p")] == ["a", "c"]


async def test_those_in_use_stay_and_one_more_is_refused() -> None:
    house = House()
    async with house.containers(containers=1) as containers:
        busy = asyncio.create_task(containers.run(await containers.make(Wanted("p", "a")), "wait"))
        await asyncio.sleep(0)
        with pytest.raises(SandboxFailed, match="All 1 containers"):
            await containers.make(Wanted("p", "b"))
        house.now += 100_000
        await containers.sweep()
        house.started[0][2].go_on.set()
        assert (await busy).ran.result == "wait in 60"


async def test_calls_of_one_container_come_one_at_a_time_and_not_after_its_end() -> None:
    house = House()
    async with house.containers() as containers:
        kept = await containers.make(Wanted("p", "a"))
        first = asyncio.create_task(containers.run(kept, "wait"))
        second = asyncio.create_task(containers.run(kept, "x"))
        await asyncio.sleep(0)
        assert not second.done()
        await containers.remove("p", "a")
        house.started[0][2].go_on.set()
        await first
        with pytest.raises(SandboxFailed, match="was removed"):
            await second


async def test_what_a_run_wrote_is_told_once() -> None:
    house = House()
    async with house.containers() as containers:
        kept = await containers.make(Wanted("p", "c"))
        kept.look([WorkFile("mine", 1, 1)])
        assert kept.look([WorkFile("mine", 1, 1), WorkFile("new", 1, 1)]) == [WorkFile("new", 1, 1)]
        assert kept.look([WorkFile("mine", 1, 2)]) == [WorkFile("mine", 1, 2)]
        assert kept.look([WorkFile("new", 1, 1)]) == [WorkFile("new", 1, 1)]


async def test_files_have_ids_of_their_places() -> None:
    house = House()
    async with house.containers() as containers:
        kept = await containers.make(Wanted("p", "c"))
        await containers.run(kept, "x")
        house.started[0][2].held = {"mine": b"abc", "out": b""}
        kept.uploaded.add("mine")
        mine, out = await containers.files(kept)
        assert (mine.id, mine.path, mine.bytes, mine.source) == (file_id("c", "mine"), "/mnt/data/mine", 3, "user")
        assert (out.source, out.container_id) == ("assistant", "c")
        assert file_id("c", "mine") != file_id("d", "mine") != file_id("d", "mime")
