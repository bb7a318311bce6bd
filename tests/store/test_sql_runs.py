"""A run on a database is there for whoever opens it next; the rest is shown in `test_runs.py`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sample_rows import PROJECT, Clock, Make

from antiphon.store.open import open_store
from antiphon.store.runs import Batch, NewRun, Standing


@pytest.mark.parametrize("store_url", ["sqlite", "postgres"], indirect=True)
async def test_a_run_outlives_its_process(store_url: str, make: Make, clock: Clock) -> None:
    first = await open_store(store_url, clock)
    run = NewRun(answer=make.answer("resp_1", status="queued"), events=Batch(0, 0, b"{}"), request=b"", state=b"s")
    await first.runs.create(PROJECT, run, "a", 10)
    await first.close()
    second = await open_store(store_url, clock)
    assert await second.runs.claim("b", 10, 9) == []
    clock.time += 10
    assert [run.state for run in await second.runs.claim("b", 10, 9)] == [b"s"]
    await second.close()


async def test_whoever_finds_nothing_to_take_writes_nothing(tmp_path: Path, clock: Clock) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/kept.db", clock)
    with closing(sqlite3.connect(tmp_path / "kept.db", isolation_level=None)) as other:
        # A write would wait for this one, and fail.
        other.execute("BEGIN IMMEDIATE")
        assert await store.runs.claim("a", 10, 9) == []
    await store.close()


async def test_a_lease_is_written_anew_when_a_third_of_it_is_over(tmp_path: Path, make: Make, clock: Clock) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/kept.db", clock)
    run = NewRun(answer=make.answer("resp_1"), events=Batch(0, 0, b"{}"), request=b"", state=b"")
    lease = await store.runs.create(PROJECT, run, "a", 9)
    began = (await store.runs.get(PROJECT, "resp_1")).expires
    for gone, later in ((2, 0), (2, 4), (2, 4), (2, 8)):
        clock.time += gone
        assert await store.runs.renew([lease], 9) == Standing([], [])
        assert (await store.runs.get(PROJECT, "resp_1")).expires == began + later
    await store.runs.cancel(PROJECT, "resp_1")
    assert await store.runs.renew([lease], 9) == Standing([], [(PROJECT, "resp_1")])
    await store.runs.seize(PROJECT, "resp_1", "b", 9)
    assert await store.runs.renew([lease], 9) == Standing([(PROJECT, "resp_1")], [])
    await store.close()
