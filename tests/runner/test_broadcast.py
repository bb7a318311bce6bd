"""Events are followed from any number on, out of the log and from memory, until the run's last."""

import asyncio
from typing import Any

import pytest
from sample_rows import Make

from antiphon.errors import NotFound
from antiphon.runner.broadcast import AT_ONCE, ROOM, Broadcast, Channel
from antiphon.store.memory import MemoryStore
from antiphon.store.runs import Batch, Lease, Log, NewRun, Runs

LONG = 60.0


def batch(first: int, last: int) -> Batch:
    return Batch(first, last, b"\n".join(b"%d" % number for number in range(first, last + 1)))


async def begun(store: MemoryStore) -> Lease:
    answer = Make().answer("resp_1", status="queued")
    return await store.runs.create("p", NewRun(answer=answer, events=batch(0, 1), request=b"", state=b""), "a", LONG)


async def seen(broadcast: Broadcast, after: int) -> list[bytes]:
    return [line async for lines in broadcast.follow("p", "resp_1", after) for line in lines]


async def test_a_run_that_ended_is_read_from_any_number() -> None:
    store = MemoryStore()
    lease = await begun(store)
    await store.runs.finish(lease, Make().answer("resp_1"), batch(2, 4))
    broadcast = Broadcast(store.runs, store.signals, LONG)
    assert await seen(broadcast, -1) == [b"0", b"1", b"2", b"3", b"4"]
    assert await seen(broadcast, 2) == [b"3", b"4"]
    assert await seen(broadcast, 4) == []
    with pytest.raises(NotFound):
        [line async for line in broadcast.follow("other", "resp_1", -1)]


@pytest.mark.parametrize("here", [True, False], ids=["written here", "written elsewhere"])
async def test_what_is_written_meanwhile_follows(*, here: bool) -> None:
    store = MemoryStore()
    lease = await begun(store)
    broadcast = Broadcast(store.runs, store.signals, LONG)
    writer = broadcast if here else Broadcast(store.runs, store.signals, LONG)
    readers = [asyncio.ensure_future(seen(broadcast, after)) for after in (-1, 0, 3)]
    await asyncio.sleep(0)
    for number in range(2, 5):
        await store.runs.append([(lease, batch(number, number))])
        writer.published(lease, batch(number, number))
        await asyncio.sleep(0)
    await store.runs.finish(lease, Make().answer("resp_1"), batch(5, 6))
    writer.published(lease, batch(5, 6), ended=True)
    whole = [b"0", b"1", b"2", b"3", b"4", b"5", b"6"]
    assert await asyncio.gather(*readers) == [whole, whole[1:], whole[4:]]


class Counted:
    """Runs of a store, and how often their logs were read."""

    def __init__(self, runs: Runs) -> None:
        self.reads = 0
        self._runs = runs

    def __getattr__(self, name: str) -> Any:
        """Whatever isn't counted."""
        return getattr(self._runs, name)

    async def events_after(self, *what: Any) -> Log:
        """The events, as they are."""
        self.reads += 1
        return await self._runs.events_after(*what)


async def test_what_is_written_here_is_not_read() -> None:
    store = MemoryStore()
    lease = await begun(store)
    counted: Any = Counted(store.runs)
    broadcast = Broadcast(counted, store.signals, LONG)
    following = broadcast.follow("p", "resp_1", -1)
    assert await anext(following) == [b"0", b"1"]
    for number in range(2, 9):
        await store.runs.append([(lease, batch(number, number))])
        broadcast.published(lease, batch(number, number))
        assert await anext(following) == [b"%d" % number]
    await following.aclose()
    assert counted.reads == 1


async def test_a_long_log_is_read_to_its_end() -> None:
    store = MemoryStore()
    lease = await begun(store)
    await store.runs.append([(lease, batch(number, number)) for number in range(2, 2 * AT_ONCE)])
    await store.runs.finish(lease, Make().answer("resp_1"), batch(2 * AT_ONCE, 2 * AT_ONCE))
    assert await seen(Broadcast(store.runs, store.signals, LONG), -1) == [b"%d" % one for one in range(2 * AT_ONCE + 1)]


async def test_a_run_that_is_deleted_ends_its_stream() -> None:
    store = MemoryStore()
    await begun(store)
    reader = asyncio.ensure_future(seen(Broadcast(store.runs, store.signals, 0.01), -1))
    await asyncio.sleep(0)
    await store.delete_answer("p", "resp_1")
    assert await reader == [b"0", b"1"]


def test_a_channel_holds_the_newest() -> None:
    channel = Channel()
    assert channel.news(-1) is None
    for number in range(4):
        channel.put(Batch(number, number, b"x" * (ROOM // 2)), ended=number == 3)
    assert [one.first for one in channel.batches] == [2, 3]
    assert channel.news(0) is None
    log = channel.news(2)
    assert log is not None
    assert channel.news(3) == Log([], ended=True)
    assert ([one.first for one in log.batches], log.ended) == ([3], True)


def test_a_channel_has_no_gaps() -> None:
    channel = Channel()
    channel.put(batch(0, 3), ended=False)
    channel.put(batch(9, 9), ended=False)
    assert channel.news(3) is None
    assert channel.news(8) is not None
    assert channel.news(9) is None
