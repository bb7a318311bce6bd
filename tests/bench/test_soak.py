"""The soak in small, and what it calls growth."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bench.soak import Plan, Sample, Soak, line, read_options, soaked
from bench.soak_load import Client

IDLE = Sample(0.0, 50_000, 20, 4, 10, {"responses": 0}, 1_000_000)
BUSY = Sample(60.0, 100_000, 60, 30, 90, {"responses": 6_000}, 9_000_000)
SHORT = Plan(seconds=4.0, rate=25.0, every=2.0, warm=3_600.0, keep=3.0, keep_events=3.0)


def hour(**last: Any) -> Soak:
    """An hour that ends like this."""
    first = [replace(BUSY, at=60.0 * minute) for minute in range(1, 31)]
    return Soak(IDLE, [*first, *(replace(each, at=each.at + 1_800, **last) for each in first)], replace(IDLE, at=3_700))


def test_what_stays_as_it_was_is_no_growth() -> None:
    assert hour().grown(600) == []


@pytest.mark.parametrize(
    ("last", "said"),
    [
        ({"rss": 106_000}, "KB of memory: 100000, then 106000"),
        ({"tasks": 120}, "tasks: 90, then 120"),
        ({"descriptors": 200}, "descriptors: 60, then 200"),
        ({"threads": 50}, "threads: 30, then 50"),
        ({"rows": {"responses": 7_000}}, "rows of responses: 6000, then 7000"),
        ({"database": 20_000_000}, "bytes of the database: 9000000, then 20000000"),
    ],
)
def test_what_grows_is_told(last: dict[str, object], said: str) -> None:
    assert hour(**last).grown(600) == [said]
    assert hour(**last).grown(3_000) == []


def test_what_is_left_behind_is_told() -> None:
    assert Soak(IDLE, [], replace(IDLE, tasks=40)).grown(0) == ["tasks: 10 before the load, 40 after it"]


def test_a_line_tells_of_the_tables_that_hold_something() -> None:
    said = line(replace(BUSY, rows={"keys": 3, "items": 500}), 10, 2, 0)
    assert said.endswith("10 made, 2 skipped, 0 faults; items 500")


def test_options() -> None:
    assert vars(read_options(["--minutes", "2"])) == {"minutes": 2.0, "rate": 50.0, "warm": 10.0}


FORGOTTEN = b"""{"error": {"message": "Response with id 'resp_1' not found: it is unknown or was deleted."}}"""


async def asked_of_the_forgetful(keep: float) -> Client:
    """What a client notes that begins a chain at a server which has forgotten the first link when the second is made."""
    answers = [(b"200 OK", b'{"id": "resp_1"}'), (b"404 Not Found", FORGOTTEN)]

    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        status, body = answers.pop(0)
        writer.write(b"HTTP/1.1 %s\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answered, "127.0.0.1", 0) as server:
        client = Client(server.sockets[0].getsockname()[1], "", keep)
        await client.one("chain")
    return client


def test_what_a_server_forgets_before_its_time_is_a_fault() -> None:
    client = asyncio.run(asked_of_the_forgetful(keep=60.0))
    assert not client.swept
    assert "404" in client.faults[0]


def test_what_it_deletes_in_its_time_is_none() -> None:
    client = asyncio.run(asked_of_the_forgetful(keep=0.0))
    assert (client.faults, client.swept) == ([], {"chain": 1})


def test_a_moment_leaves_nothing_behind(tmp_path: Path) -> None:
    soak = asyncio.run(soaked(SHORT, tmp_path))
    assert (soak.grown(SHORT.warm), soak.faults) == ([], [])
    assert soak.made > 0
    assert {"responses", "items", "runs", "run_events"} <= soak.before.rows.keys()


@pytest.mark.soak
def test_an_hour_leaves_nothing_behind(tmp_path: Path) -> None:
    began, plan = time.monotonic(), Plan()
    soak = asyncio.run(soaked(plan, tmp_path))
    print(f"\n{soak.made} responses in {time.monotonic() - began:.0f} s")  # noqa: T201 - for docs/performance.md
    print("\n".join(line(each, 0, soak.skipped, len(soak.faults)) for each in soak.during))  # noqa: T201 - the same
    assert (soak.grown(plan.warm), soak.faults) == ([], [])
