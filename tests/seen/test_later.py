"""Calls that nobody waits for."""

import asyncio
from functools import partial

import pytest

from antiphon.seen.later import AT_ONCE, Later


def test_without_a_loop_nothing_waits() -> None:
    made: list[int] = []
    later = Later()
    later.then.append(lambda: made.append(-1))
    later.put(lambda: made.append(1))
    assert made == [1, -1]


async def test_they_are_made_soon_in_order_and_then_it_is_said_once() -> None:
    made: list[int] = []
    told = asyncio.Event()
    later = Later()
    later.then += [lambda: made.append(-1), told.set]
    for again in (0, 10):
        for number in range(3):
            later.put(partial(made.append, again + number))
        assert len(made) == 4 * (again > 0)
        async with asyncio.timeout(60):
            await told.wait()
        told.clear()
    assert made == [0, 1, 2, -1, 10, 11, 12, -1]


async def test_many_do_not_wait_for_the_time() -> None:
    made: list[int] = []
    later = Later()
    for number in range(AT_ONCE + 1):
        later.put(partial(made.append, number))
    assert made == list(range(AT_ONCE))
    later.settle()
    assert made == list(range(AT_ONCE + 1))


@pytest.mark.parametrize("again", [1, 2])
async def test_settling_makes_what_waits_and_nothing_twice(again: int) -> None:
    made: list[str] = []
    later = Later()

    def one() -> None:
        made.append("one")
        later.put(partial(made.append, "of it"))

    later.put(one)
    for _ in range(again):
        later.settle()
    assert made == ["one", "of it"][:again]
