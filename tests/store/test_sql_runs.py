"""A run on a database is there for whoever opens it next; the rest is shown in `test_runs.py`."""

import pytest
from sample_rows import PROJECT, Clock, Make

from antiphon.store.open import open_store
from antiphon.store.runs import Batch, NewRun


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
