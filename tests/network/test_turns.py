"""Parts of work in a row, one each time the event loop comes round."""

import asyncio
from collections.abc import Callable

import pytest

from antiphon.network.turns import Turns


def worker(done: list[str], name: str, parts: int, turns: Turns) -> Callable[[], None]:
    """Work of so many parts, that waits again after each."""
    left = iter(range(parts - 1, -1, -1))

    def part() -> None:
        done.append(name)
        if next(left):
            turns.wait(asyncio.get_running_loop(), part)

    return part


async def test_parts_of_several_take_turns() -> None:
    loop, turns, done = asyncio.get_running_loop(), Turns(), list[str]()
    turns.wait(loop, worker(done, "a", 3, turns))
    turns.wait(loop, worker(done, "b", 1, turns))
    turns.wait(loop, worker(done, "c", 2, turns))
    counts = []
    for _ in range(6):
        await asyncio.sleep(0)
        counts.append(len(done))
    assert "".join(done) == "abcaca"[: len(done)]
    assert counts == list(range(counts[0], counts[0] + 6))


async def test_one_that_fails_holds_up_nobody() -> None:
    loop, turns, done, said = asyncio.get_running_loop(), Turns(), list[str](), list[dict[str, object]]()
    loop.set_exception_handler(lambda _, context: said.append(context))

    def failing() -> None:
        raise LookupError

    turns.wait(loop, failing)
    turns.wait(loop, worker(done, "b", 1, turns))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert done == ["b"]
    with pytest.raises(LookupError):
        raise said[0]["exception"]  # type: ignore[misc] # it has one
