"""Runs in memory go with the store; the rest is shown in `test_runs.py`."""

import pytest
from sample_rows import PROJECT, Make

from antiphon.errors import NotFound
from antiphon.store.memory import MemoryStore
from antiphon.store.runs import Batch, NewRun


async def test_closed_it_has_forgotten(make: Make) -> None:
    store = MemoryStore()
    run = NewRun(answer=make.answer("resp_1", status="queued"), events=Batch(0, 0, b"{}"), request=b"", state=b"s")
    await store.runs.create(PROJECT, run, "a", 10)
    await store.close()
    with pytest.raises(NotFound):
        await store.runs.get(PROJECT, "resp_1")
