"""Old answers are deleted in batches, again and again."""

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator

import pytest
from sample_rows import Clock, Make

from antiphon.errors import AntiphonError, NotFound, StoreFault
from antiphon.runner.retention import BATCH, keep_sweeping, keep_sweeping_logs, pause, sweep_once
from antiphon.store.memory import MemoryStore
from antiphon.store.runs import Batch, NewRun


class Admin:
    """Has so many old answers, and raises what stands in `faults` first."""

    def __init__(self, old: int, *faults: AntiphonError) -> None:
        self.old = old
        self.befores: list[int] = []
        self.swept = asyncio.Event()
        self._faults = list(faults)

    async def sweep(self, before: int, limit: int) -> int:
        self.befores.append(before)
        self.swept.set()
        if self._faults:
            raise self._faults.pop()
        deleted = min(limit, self.old)
        self.old -= deleted
        return deleted

    def export(self) -> AsyncIterator[bytes]:
        raise NotImplementedError

    async def import_(self, lines: AsyncIterable[bytes]) -> int:
        raise NotImplementedError


@pytest.mark.parametrize(("old", "calls"), [(0, 1), (BATCH - 1, 1), (BATCH, 2), (2 * BATCH + 1, 3)])
async def test_a_sweep_goes_on_until_nothing_is_left(old: int, calls: int) -> None:
    admin = Admin(old)
    assert await sweep_once(admin, 100) == old
    assert admin.befores == [100] * calls


@pytest.mark.parametrize(("keep", "between"), [(0.1, 1.0), (60.0, 60.0), (86_400.0, 300.0)])
def test_what_is_kept_for_a_short_time_is_swept_as_often(keep: float, between: float) -> None:
    assert pause(keep) == between


async def sweep_for_a_moment(admin: Admin) -> None:
    sweeping = asyncio.ensure_future(keep_sweeping(admin, 60, lambda: 1_000))
    await admin.swept.wait()
    await asyncio.sleep(0)
    sweeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sweeping


async def test_what_is_older_than_is_kept_goes(caplog: pytest.LogCaptureFixture) -> None:
    admin = Admin(3)
    with caplog.at_level(logging.INFO, logger="antiphon"):
        await sweep_for_a_moment(admin)
    assert (admin.befores, admin.old) == ([940], 0)
    assert "3 stored answers were older" in caplog.text


async def test_a_store_that_fails_is_no_end(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="antiphon"):
        await sweep_for_a_moment(Admin(3, StoreFault("The disk is full.")))
    assert "The disk is full." in caplog.text


async def test_logs_are_swept_until_cancelled() -> None:
    clock = Clock()
    store = MemoryStore(clock)
    new = NewRun(answer=Make().answer("resp_1"), events=Batch(0, 0, b"{}"), request=b"", state=b"")
    lease = await store.runs.create("p", new, "a", 60)
    await store.runs.finish(lease, Make().answer("resp_1"), Batch(1, 1, b"{}"))
    clock.time += 100
    sweeping = asyncio.ensure_future(keep_sweeping_logs(store.runs, 50, clock))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    with pytest.raises(NotFound):
        await store.runs.get("p", "resp_1")
    sweeping.cancel()
    await asyncio.wait([sweeping])
