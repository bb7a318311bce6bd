"""Usage is counted at once and written in batches."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from seen_runs import account

from antiphon.errors import StoreFault
from antiphon.seen.prices import Price, Prices
from antiphon.seen.usage import Counter, Passed
from antiphon.store.memory_usage import MemoryUsage
from antiphon.store.usage import Asked, Used
from antiphon.wire.responses import Usage as Tokens


class Failing(MemoryUsage):
    """Can't write so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times
        self.batches = 0

    async def add(self, rows: Sequence[Used]) -> None:
        if self.times:
            self.times -= 1
            raise StoreFault("full")
        self.batches += 1
        await super().add(rows)


def test_the_row_of_a_run() -> None:
    counter = Counter(MemoryUsage())
    counter.take([account()])
    assert counter.rows() == [
        Used(project="p", day="1970-01-01", model="up/m", requests=1, failed=1, turns=2, tool_calls=1)
    ]


def test_the_row_of_a_call_that_was_passed_on() -> None:
    tokens = Tokens(input_tokens=10, output_tokens=2, total_tokens=12)
    call = Passed("p", "up/m", 0.0, tokens)
    counter = Counter(MemoryUsage(), Prices({"up/*": Price(input=1.0, output=5.0)}))
    counter.passed(call)
    counter.passed(replace(call, ended=86_400.0, tokens=None, failed=True))
    assert counter.rows() == [
        Used(
            project="p", day="1970-01-01", model="up/m", requests=1, turns=1, input_tokens=10, output_tokens=2, cost=20
        ),
        Used(project="p", day="1970-01-02", model="up/m", requests=1, turns=1, failed=1),
    ]


async def test_many_runs_are_one_row_of_one_batch() -> None:
    store = Failing(0)
    counter = Counter(store)
    for _ in range(100):
        counter.take([account()])
    await counter.flush()
    await counter.flush()
    (row,) = await store.read("p", Asked())
    assert (row.requests, row.turns, store.batches) == (100, 200, 1)


async def test_what_cannot_be_written_waits() -> None:
    store = Failing(2)
    counter = Counter(store)
    for _ in range(3):
        counter.take([account()])
        await counter.flush()
    (row,) = await store.read("p", Asked())
    assert row.requests == 3


async def test_it_is_stopped_at_any_time() -> None:
    task = asyncio.create_task(Counter(MemoryUsage()).run())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
