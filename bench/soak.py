"""An hour under load, after which nothing may have grown: memory, threads, descriptors, tasks, rows beyond retention.

`antiphon serve` with SQLite as a user starts it, and a mix of everything that clients ask of it (`soak_load.py`) at a
set rate. Answers are kept for a short time only, so that deleting keeps up with making. Each minute is printed; the
exit status says whether anything grew. Linux only: it reads /proc.

    python -m bench.soak --minutes 60 --rate 50
"""

import argparse
import asyncio
import contextlib
import re
import shlex
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import uvloop

from bench.processes import Child, Cores, free_port, get, rss_kb
from bench.soak_load import MADE, MIX, PATIENCE, Client, responses
from bench.soak_mock import mocked

KEEP = 120.0
"""Seconds for which responses are kept, and events half as long: longer than anything that is asked may take."""
MOST_OPEN = 150
"""Clients at once; a server that is slower than the load has fewer to answer."""
GROWTH = 1.05
LOOSE = 1.10
SLACK = 10
"""What may come and go of descriptors, tasks and threads whatever is asked."""
ROWS_SLACK = 200
TASKS = re.compile(rb"^antiphon_tasks (\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Plan:
    """How long, how many responses a second, how often it is looked; the first `warm` seconds don't count."""

    seconds: float = 3_600.0
    rate: float = 50.0
    every: float = 60.0
    warm: float = 600.0
    keep: float = KEEP
    keep_events: float = KEEP / 2


@dataclass(frozen=True)
class Sample:
    """A server at one time: memory in KB, what it holds open, rows by table, bytes of its database's files."""

    at: float
    rss: int
    descriptors: int
    threads: int
    tasks: int
    rows: dict[str, int]
    database: int


@dataclass
class Soak:
    """What came of it: the server before the load, during it and when it was over."""

    before: Sample
    during: list[Sample] = field(default_factory=list)
    after: Sample | None = None
    made: int = 0
    skipped: int = 0
    faults: list[str] = field(default_factory=list)
    said: str = ""

    def grown(self, warm: float) -> list[str]:
        """What grew that shouldn't, in words. An hour's beginning and end are each a third of what isn't warming up."""
        found = []
        seen = [sample for sample in self.during if sample.at >= warm]
        third = len(seen) // 3
        if third:
            found += _trend("KB of memory", [each.rss for each in seen], third, GROWTH, 0)
            for name in ("descriptors", "threads", "tasks"):
                found += _trend(name, [getattr(each, name) for each in seen], third, LOOSE, SLACK)
            for table in self.before.rows:
                found += _peaks(f"rows of {table}", [each.rows[table] for each in seen], third)
            found += _peaks("bytes of the database", [each.database for each in seen], third)
        if self.after is not None:
            for name in ("descriptors", "tasks"):
                first, last = getattr(self.before, name), getattr(self.after, name)
                if last > first + SLACK:
                    found.append(f"{name}: {first} before the load, {last} after it")
        return found


def _trend(what: str, values: Sequence[int], third: int, factor: float, slack: int) -> list[str]:
    first, last = statistics.median(values[:third]), statistics.median(values[-third:])
    return [f"{what}: {first:.0f}, then {last:.0f}"] if last > first * factor + slack else []


def _peaks(what: str, values: Sequence[int], third: int) -> list[str]:
    """What rises and falls with each sweep is held at its height."""
    first, last = max(values[:third]), max(values[-third:])
    return [f"{what}: {first}, then {last}"] if last > first * LOOSE + ROWS_SLACK else []


@dataclass(frozen=True)
class Subject:
    """The server that is soaked."""

    child: Child
    port: int
    database: Path

    async def sample(self, began: float) -> Sample:
        """How it is now."""
        _, told = await asyncio.to_thread(get, self.port, "/metrics", PATIENCE)
        found = TASKS.search(told)
        process = Path(f"/proc/{self.child.process.pid}")
        return Sample(
            time.monotonic() - began,
            rss_kb(self.child.process.pid),
            len(list((process / "fd").iterdir())),
            len(list((process / "task").iterdir())),
            int(found[1]) if found else -1,
            await asyncio.to_thread(rows, self.database),
            sum(path.stat().st_size for path in self.database.parent.glob(f"{self.database.name}*")),
        )


def rows(database: Path) -> dict[str, int]:
    """How many rows each table has."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=PATIENCE)) as reading:
        tables = reading.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")
        return {
            name: int(reading.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608 - its own tables
            for (name,) in tables.fetchall()
        }


@contextlib.asynccontextmanager
async def subject(plan: Plan, mock_port: int, folder: Path) -> AsyncIterator[Subject]:
    """A server before a mock that runs."""
    port, database = free_port(), folder / "soak.db"
    program = shlex.quote(str(Path(sys.executable).with_name("antiphon")))
    command = (
        f"{program} serve --host 127.0.0.1 --port {port} --metrics "
        f"--upstream mock=http://127.0.0.1:{mock_port}/v1 --db sqlite:///{shlex.quote(str(database))} "
        f"--keep-responses {plan.keep:g}s --keep-events {plan.keep_events:g}s"
    )
    with Child(shlex.split(command), Cores.find().server, folder) as child:
        # The mock answers in this process: nothing may hold it up.
        await asyncio.to_thread(child.wait_healthy, port, "/v1/health")
        yield Subject(child, port, database)


async def load(client: Client, plan: Plan, soak: Soak) -> None:
    """Begin something at each tick, whether or not what was begun before is over."""
    open_now: set[asyncio.Task[None]] = set()
    kinds, due, end = cycle(MIX), time.monotonic(), time.monotonic() + plan.seconds
    mean = sum(MADE.get(kind, 1) for kind in MIX) / len(MIX)
    while (now := time.monotonic()) < end:
        if len(open_now) < MOST_OPEN:
            task = asyncio.create_task(client.one(next(kinds)))
            open_now.add(task)
            task.add_done_callback(open_now.discard)
        else:
            soak.skipped += 1
        # What a busy machine left undone isn't made up for all at once.
        due = max(due, now - 1.0) + mean / plan.rate
        await asyncio.sleep(max(due - now, 0))
    if open_now:
        await asyncio.wait(open_now, timeout=PATIENCE)


async def watch(server: Subject, plan: Plan, soak: Soak, client: Client, began: float) -> None:
    """Look at the server again and again, and print what is seen."""
    while True:
        await asyncio.sleep(plan.every)
        sample = await server.sample(began)
        soak.during.append(sample)
        print(line(sample, responses(client.answers), soak.skipped, len(client.faults)), flush=True)
        if told := Counter(fault[:60] for fault in client.faults).most_common(5):
            print("         ", told, flush=True)


def line(sample: Sample, made: int, skipped: int, faults: int) -> str:
    """A sample in a line."""
    full = {name: count for name, count in sample.rows.items() if count > ROWS_SLACK}
    tables = " ".join(f"{name} {count}" for name, count in full.items())
    return (
        f"{sample.at:6.0f} s  {sample.rss} KB, {sample.descriptors} fds, {sample.threads} threads, "
        f"{sample.tasks} tasks, db {sample.database // 1_000_000} MB; "
        f"{made} made, {skipped} skipped, {faults} faults; {tables}"
    )


async def settled(server: Subject, before: Sample, began: float) -> Sample:
    """The server when it has let go, or after a minute in which it didn't."""
    sample = await server.sample(began)
    for _ in range(round(PATIENCE)):
        if sample.tasks <= before.tasks + SLACK and sample.descriptors <= before.descriptors + SLACK:
            break
        await asyncio.sleep(1.0)
        sample = await server.sample(began)
    return sample


async def soaked(plan: Plan, folder: Path) -> Soak:
    """Carry the plan out."""
    began = time.monotonic()
    async with mocked() as mock, subject(plan, mock.port, folder) as server:
        soak = Soak(await server.sample(began))
        client = Client(server.port, f"http://127.0.0.1:{mock.port}/mcp", plan.keep)
        watching = asyncio.create_task(watch(server, plan, soak, client, began))
        await load(client, plan, soak)
        watching.cancel()
        await asyncio.wait([watching])
        soak.made, soak.faults = responses(client.answers), client.faults
        soak.after = await settled(server, soak.before, began)
        soak.said = server.child.said()
    return soak


def read_options(words: Sequence[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="bench.soak", description="Soak a server, and see what grows.")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=50.0, help="responses a second")
    parser.add_argument("--warm", type=float, default=10.0, help="minutes that don't count")
    return parser.parse_args(words)


def main() -> int:
    """Soak, and say what grew."""
    options = read_options(sys.argv[1:])
    plan = Plan(options.minutes * 60, options.rate, warm=options.warm * 60)
    with tempfile.TemporaryDirectory() as name:
        soak = uvloop.run(soaked(plan, Path(name)))
    told = [*soak.grown(plan.warm), *sorted(set(soak.faults))[:20]]
    print(f"{soak.made} responses in {options.minutes:g} minutes, {soak.skipped} skipped, {len(soak.faults)} faults")
    print("\n".join(told) or "nothing grew")
    print(soak.said)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
