"""Parts of work in a row, one each time the event loop comes round, or each so many."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from antiphon.network.turns import AT_LEAST, TURNS, Turns


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


class Rounds(asyncio.SelectorEventLoop):
    """An event loop whose clock a test sets."""

    now = 0.0

    def time(self) -> float:
        """As it was set."""
        return self.now

    def come_round(self, times: int) -> None:
        """So often, with nothing to do."""
        for _ in range(times):
            self.call_soon(self.stop)
            self.run_forever()


@pytest.fixture
def rounds() -> Iterator[Rounds]:
    loop = Rounds()
    yield loop
    loop.close()


def test_the_first_has_its_turn_at_once_and_the_others_each_so_many_rounds(rounds: Rounds) -> None:
    turns, done = Turns(every=5), list[str]()
    for name in "abc":
        turns.now_or_wait(rounds, partial(done.append, name))
    seen = []
    for _ in range(12):
        rounds.come_round(1)
        seen.append("".join(done))
    assert seen == ["a"] * 4 + ["ab"] * 5 + ["abc"] * 3
    rounds.come_round(5)
    turns.now_or_wait(rounds, partial(done.append, "d"))
    assert done[-1] == "d"


def test_a_loop_that_comes_round_rarely_gives_them_all_the_same(rounds: Rounds) -> None:
    turns, done = Turns(every=1_000), list[str]()
    for name in "abc":
        turns.now_or_wait(rounds, partial(done.append, name))
    for _ in range(4):
        rounds.now += AT_LEAST
        rounds.come_round(1)
    assert done == ["a", "b", "c"]


async def test_what_is_done_for_who_waits_finds_the_row() -> None:
    turns = Turns(every=3)
    token = TURNS.set(turns)
    task = asyncio.create_task(found())
    TURNS.reset(token)
    assert (await task, await found()) == (turns, None)


async def found() -> Turns | None:
    return TURNS.get()
