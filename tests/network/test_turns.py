"""Parts of work in a row, one each time the event loop comes round."""

import asyncio
import itertools
from collections.abc import Callable

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
    for name, parts in (("a", 3), ("b", 1), ("c", 2)):
        turns.wait(loop, worker(done, name, parts, turns))
    counts = []
    for _ in range(7):
        await asyncio.sleep(0)
        counts.append(len(done))
    assert "".join(done) == "abcaca"
    assert max(after - before for before, after in itertools.pairwise(counts)) == 1


async def test_one_that_fails_holds_up_nobody() -> None:
    loop, turns, done, said = asyncio.get_running_loop(), Turns(), list[str](), list[dict[str, object]]()
    loop.set_exception_handler(lambda _, context: said.append(context))

    def failing() -> None:
        raise LookupError

    turns.wait(loop, failing)
    turns.wait(loop, worker(done, "b", 1, turns))
    for _ in range(3):
        await asyncio.sleep(0)
    assert done == ["b"]
    assert isinstance(said[0]["exception"], LookupError)
