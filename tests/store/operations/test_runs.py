"""Steps on runs are the same on every store (`tests/store/test_runs.py`); here what only databases know."""

import pytest
from sample_rows import PROJECT, Clock, Make

from antiphon.store.base import OpenStore
from antiphon.store.operations import runs
from antiphon.store.runs import Batch, Lease, NewRun

ON_DISK = pytest.mark.parametrize("store_url", ["sqlite", "postgres"], indirect=True)


@ON_DISK
async def test_many_logs_grow_in_one_go(store: OpenStore, make: Make) -> None:
    """However many runs there are, their events are one question and one insertion."""
    leases = []
    for number in range(3):
        run = NewRun(
            answer=make.answer(f"resp_{number}", status="queued"), events=Batch(0, 0, b"{}"), request=b"", state=b""
        )
        leases.append(await store.runs.create(PROJECT, run, "a", 10))
    asked = runs.append([(lease, Batch(1, 1, b"{}")) for lease in leases])
    assert next(asked).query == "runs_to_change"
    assert asked.send([(5, PROJECT, lease.id, 1, 0, None) for lease in leases]).query == "insert_run_events"
    assert await store.runs.append([(lease, Batch(1, 1, b"{}")) for lease in leases]) == [None, None, None]


@ON_DISK
async def test_an_id_that_no_database_keeps_is_a_lost_lease(store: OpenStore, clock: Clock) -> None:
    assert clock.time
    lease = Lease(PROJECT, "no\x00", 1)
    assert (await store.runs.renew([lease], 10)).lost == [(PROJECT, "no\x00")]
