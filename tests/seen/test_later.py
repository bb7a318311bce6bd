"""What is told some at a time, and soon."""

import asyncio
from collections.abc import Sequence

import pytest

from antiphon.seen.later import AT_ONCE, Later


def test_without_a_loop_nothing_waits() -> None:
    told: list[int] = []
    later = Later()
    later.then.append(lambda: told.append(-1))
    later.line(told.extend)(1)
    assert told == [1, -1]


async def test_it_is_told_soon_together_and_then_it_is_said_once() -> None:
    told: list[list[int]] = []
    over = asyncio.Event()
    later = Later()
    later.then += [lambda: told.append([]), over.set]

    def tell(what: Sequence[int]) -> None:
        told.append(list(what))

    put = later.line(tell)
    for again in (0, 10):
        for number in range(3):
            put(again + number)
        assert len(told) == 2 * (again > 0)
        async with asyncio.timeout(60):
            await over.wait()
        over.clear()
    assert told == [[0, 1, 2], [], [10, 11, 12], []]


async def test_each_line_is_told_apart_the_earlier_first() -> None:
    told: list[str] = []
    later = Later()
    one, other = later.line(told.extend), later.line(told.extend)
    for put, what in ((other, "c"), (one, "a"), (other, "d"), (one, "b")):
        put(what)
    later.settle()
    assert told == ["a", "b", "c", "d"]


async def test_many_do_not_wait_for_the_time() -> None:
    told: list[int] = []
    later = Later()
    put = later.line(told.extend)
    for number in range(AT_ONCE + 1):
        put(number)
    assert told == list(range(AT_ONCE))
    later.settle()
    assert told == list(range(AT_ONCE + 1))


@pytest.mark.parametrize("again", [1, 2])
async def test_settling_tells_what_waits_and_nothing_twice(again: int) -> None:
    told: list[str] = []
    later = Later()

    def tell(what: Sequence[str]) -> None:
        told.extend(what)
        if "one" in what:
            put("of it")

    put = later.line(tell)
    put("one")
    for _ in range(again):
        later.settle()
    assert told == ["one", "of it"][:again]
