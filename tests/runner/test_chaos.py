"""Background runs on a fleet whose processes are killed, stopped and woken, while its database is restarted.

All runs end; what each reader saw joins into one whole stream; and the model and the tools were asked what they would
have been asked anyway, and beyond that only what was under way at whoever was disturbed.
"""

import asyncio
import itertools
import random
import signal
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fleet import LOST, Call, Fleet, Outside, Reader, begun, fleet
from judged_http import NO_TLS

from antiphon.testing import check_stream

TURNS = 5
SLACK = 3.0
"""Seconds that a call may take, on a machine that is busy, from whoever makes it to the log of it."""


AT_WORK = 120.0
"""Seconds in which the worker that is to sleep has something to do."""


@dataclass(frozen=True)
class Plan:
    """How many runs and processes, and what is done to them: kills in seconds from the start, a sleep, a restart.

    With `at_work`, the worker that is put to sleep is at work then, which takes until it was given some.
    """

    runs: int
    servers: int
    workers: int
    pause: float
    kills: Sequence[float]
    asleep: float
    restart_at: float
    at_work: bool = False


SHORT = Plan(runs=12, servers=3, workers=2, pause=0.15, kills=(1.0, 3.0, 5.0, 7.0), asleep=12.0, restart_at=4.0)
LONG = Plan(
    runs=200,
    servers=3,
    workers=2,
    pause=0.3,
    kills=tuple(range(2, 60, 2)),
    asleep=40.0,
    restart_at=15.0,
    at_work=True,
)


def test_nothing_is_lost_short(tmp_path: Path) -> None:
    result = carried_out(tmp_path, SHORT)
    assert result.repeats <= result.under_way


@pytest.mark.soak
def test_nothing_is_lost_long(tmp_path: Path) -> None:
    result = carried_out(tmp_path, LONG)
    print(f"\n{result}")  # noqa: T201 - for docs/performance.md
    assert result.repeats <= result.under_way
    assert result.refused > 0


@dataclass(frozen=True)
class Result:
    """What came of it: `calls` of the model and `searches`, those of them that were `repeats`, and how long it took.

    `under_way` is what was, whenever a process was disturbed; `refused` are the runs of which the worker that slept
    learnt by a write that they are another's.
    """

    runs: int
    calls: int
    searches: int
    repeats: int
    under_way: int
    killed: int
    connections: int
    refused: int
    seconds: float


def carried_out(folder: Path, plan: Plan) -> Result:
    """Carry the plan out and hold what happened against what may."""
    outside = Outside(TURNS, plan.pause)
    with fleet(folder, outside, plan.servers, plan.workers) as made:
        began = time.monotonic()
        readers = asyncio.run(disturbed(made, plan))
        seconds = time.monotonic() - began
    for reader in readers:
        final: Any = check_stream(reader.events)
        assert final["status"] == "completed"
        searches = [item for item in final["output"] if item["type"] == "web_search_call"]
        assert len({item["id"] for item in searches}) == len(searches) >= TURNS
    ids = {name(number): reader.run_id for number, reader in enumerate(readers)}
    repeats, under_way = repeated(outside, made, ids)
    for log, places in ((outside.models, TURNS + 1), (outside.tools, TURNS)):
        seen = {(call.run, call.place) for call in log}
        assert seen == {(name(number), place) for number in range(plan.runs) for place in range(places)}
    return Result(
        plan.runs,
        len(outside.models),
        len(outside.tools),
        repeats,
        under_way,
        len(plan.kills),
        sum(reader.connections for reader in readers),
        len(LOST.findall(made.workers[0].said)),
        round(seconds, 1),
    )


def name(number: int) -> str:
    return f"run {number}"


def repeated(outside: Outside, made: Fleet, ids: dict[str, str]) -> tuple[int, int]:
    """How many calls were made again, and how many were under way when whoever made them was disturbed.

    Fails for a call that was made again although nothing excuses it, and for one of a step that was over.
    """
    by_run: dict[str, list[tuple[Call, int]]] = defaultdict(list)
    for log, after in ((outside.models, 0), (outside.tools, 1)):
        for call in log:
            by_run[call.run].append((call, 2 * call.place + after))
    lost = [found for member in made.members for found in LOST.findall(member.said)]
    excuses: set[tuple[float, str]] = set(enumerate(lost))
    repeats = 0
    for run, calls in by_run.items():
        calls.sort(key=lambda made: made[0].at)
        for (before, step), (later, next_step) in itertools.pairwise(calls):
            found = {(at, run) for at, who in made.disturbed if under_way(before, later, at, who)}
            excuses |= found
            # Whatever came later shows that a step was over, and then it is never taken again.
            assert next_step >= step, (before, later)
            if next_step == step:
                repeats += 1
                # Whoever made the call was killed or stopped, or the database was away for longer than a lease, before
                # it was kept what came of it; or, on a machine that is too slow, it learnt that the run isn't its own.
                assert found or ids[run] in lost, (before, later)
    return repeats, len(excuses)


def under_way(before: Call, later: Call, at: float, who: str) -> bool:
    """Whether a call may have been under way when that happened to somebody; the next one of its run shows when not."""
    return before.at - SLACK <= at <= later.at and who in {before.who, "database"}


async def disturbed(made: Fleet, plan: Plan) -> list[Reader]:
    """Runs and their readers, and meanwhile whatever may happen to processes."""
    dice = random.Random(7)
    async with httpx2.AsyncClient(timeout=30, verify=NO_TLS, limits=httpx2.Limits(max_connections=None)) as http:
        ids = await begun(made, http, [name(number) for number in range(plan.runs)], dice)
        readers = [Reader(made, run_id, random.Random(run_id)) for run_id in ids.values()]
        async with asyncio.TaskGroup() as group:
            for reader in readers:
                group.create_task(reader.run(http))
            group.create_task(killing(made, plan, dice))
            group.create_task(sleeping(made, plan))
            group.create_task(restarting(made, plan))
    return readers


async def killing(made: Fleet, plan: Plan, dice: random.Random) -> None:
    """Kill some process at each time, and start it again; but for the worker that sleeps."""
    began = time.monotonic()
    for at in plan.kills:
        await asyncio.sleep(max(began + at - time.monotonic(), 0))
        victim = dice.choice([member for member in made.members if member is not made.workers[0]])
        await asyncio.to_thread(victim.kill)
        await asyncio.to_thread(victim.start)


async def sleeping(made: Fleet, plan: Plan) -> None:
    """Stop a worker for so long that all its runs are another's when it is woken."""
    if plan.at_work:
        async with asyncio.timeout(AT_WORK):
            while not at_work(made, plan):  # noqa: ASYNC110 - nothing tells of calls that have only begun
                await asyncio.sleep(0.01)
    made.workers[0].send(signal.SIGSTOP)
    await asyncio.sleep(plan.asleep)
    made.workers[0].send(signal.SIGCONT)


def at_work(made: Fleet, plan: Plan) -> bool:
    """Whether the worker that is to sleep has just asked the model for something."""
    now, who = time.monotonic(), made.workers[0].who
    return any(call.who == who and call.at > now - plan.pause for call in made.outside.models[-plan.runs :])


async def restarting(made: Fleet, plan: Plan) -> None:
    """Take the database away for a moment."""
    await asyncio.sleep(plan.restart_at)
    made.disturbed.append((time.monotonic(), "database"))
    await asyncio.to_thread(made.database.stop)
    await asyncio.to_thread(made.database.start)
    made.disturbed.append((time.monotonic(), "database"))
