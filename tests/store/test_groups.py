"""Group commit, with a commit that the test holds back: what waits together goes together."""

import asyncio
from collections.abc import Sequence

import pytest
from sample_rows import PROJECT, Make

from antiphon.errors import NotFound, StoreFault
from antiphon.store.asks import Steps
from antiphon.store.groups import MOST, GroupCommit, Outcome, Work, units
from antiphon.store.operations.saving import Lock, Save


class Disk:
    """Writes down each group, and ends it when it is let go."""

    def __init__(self) -> None:
        self.groups: list[list[Work]] = []
        self.gate = asyncio.Event()
        self.outcomes: dict[int, Outcome] = {}

    async def commit(self, works: Sequence[Work]) -> list[Outcome]:
        self.groups.append(list(works))
        await self.gate.wait()
        return [self.outcomes.get(id(work), "done") for work in works]


def nothing() -> Steps[None]:
    yield from ()


def works(number: int, make: Make) -> list[Work]:
    return [Save(PROJECT, make.answer(f"resp_{n}")) for n in range(number)]


async def test_what_is_asked_meanwhile_is_the_next_group(make: Make) -> None:
    disk = Disk()
    groups = GroupCommit(disk.commit)
    asked = works(9, make)
    futures = [groups.add(asked[0])]
    await asyncio.sleep(0)
    futures += [groups.add(work) for work in asked[1:]]
    await asyncio.sleep(0)
    assert disk.groups == [asked[:1]]
    disk.gate.set()
    assert await asyncio.gather(*futures) == ["done"] * 9
    assert disk.groups == [asked[:1], asked[1:]]


async def test_a_group_has_an_end(make: Make) -> None:
    disk = Disk()
    disk.gate.set()
    groups = GroupCommit(disk.commit)
    await asyncio.gather(*(groups.add(work) for work in works(MOST + 1, make)))
    assert [len(group) for group in disk.groups] == [MOST, 1]


async def test_each_is_told_its_own_outcome(make: Make) -> None:
    disk = Disk()
    disk.gate.set()
    groups = GroupCommit(disk.commit)
    asked = works(3, make)
    disk.outcomes[id(asked[1])] = NotFound("no")
    told = await asyncio.gather(*(groups.add(work) for work in asked), return_exceptions=True)
    assert [type(outcome) for outcome in told] == [str, NotFound, str]


async def test_one_who_stops_waiting_changes_nothing(make: Make) -> None:
    disk = Disk()
    groups = GroupCommit(disk.commit)
    asked = works(3, make)
    futures = [groups.add(work) for work in asked]
    futures[0].cancel()
    await asyncio.sleep(0)
    futures[1].cancel()
    disk.gate.set()
    assert await futures[2] == "done"
    assert disk.groups == [asked]


async def test_closing_waits_and_then_takes_nothing_more(make: Make) -> None:
    disk = Disk()
    groups = GroupCommit(disk.commit)
    first, second = works(2, make)
    future = groups.add(first)
    await asyncio.sleep(0)
    later = groups.add(second)
    closing = asyncio.create_task(groups.close())
    await asyncio.sleep(0)
    assert not closing.done()
    disk.gate.set()
    assert await closing
    assert not await groups.close()
    assert (future.result(), later.result()) == ("done", "done")
    with pytest.raises(StoreFault, match="closed"):
        groups.add(first)


async def test_a_defect_leaves_no_one_waiting(make: Make) -> None:
    async def commit(_: Sequence[Work]) -> list[Outcome]:
        raise ZeroDivisionError

    reports: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context))
    groups = GroupCommit(commit)
    futures = [groups.add(work) for work in works(3, make)]
    told = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(outcome) for outcome in told] == [StoreFault] * 3
    assert isinstance((await asyncio.gather(groups.add(nothing), return_exceptions=True))[0], StoreFault)


def test_neighbours_of_a_kind_are_one_unit(make: Make) -> None:
    saves = works(4, make)
    locks: list[Work] = [Lock((PROJECT, f"conv_{n}"), "resp", 60) for n in range(2)]
    made = units([*saves[:2], nothing, nothing, *locks, *saves[2:]], 0)
    assert [unit.merged for unit in made] == [True, False, False, True, True]
    assert made[0].outcomes([None, "refused"]) == [None, "refused"]
    assert made[1].outcomes(["a list"]) == [["a list"]]
