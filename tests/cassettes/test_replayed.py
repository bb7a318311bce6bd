import asyncio

import pytest
from cassettes.tapes import SSE, body_of, chat, interaction

from antiphon.cassettes.cassette import Match
from antiphon.cassettes.interaction import Answered, Chunk, End
from antiphon.cassettes.replayed import Pace, ReplayedAnswer, broken_off
from antiphon.cassettes.shelf import BURST, Loaded
from antiphon.errors import UpstreamCut, UpstreamTimeout


def replayed(answered: Answered, pace: Pace | None = None, *, repeated: bool = False) -> ReplayedAnswer:
    return ReplayedAnswer(Match(interaction(chat("hi")), repeated), Loaded(answered), pace)


async def test_a_paced_replay_waits_for_what_is_not_due_yet() -> None:
    now, waits = 100.0, []

    async def sleep(seconds: float) -> None:
        nonlocal now
        waits.append(round(seconds, 6))
        now += seconds

    answered = Answered(200, SSE, (Chunk(500, b"a"), Chunk(600, b"b")), End.COMPLETE, 800)
    answer = replayed(answered, Pace(2, lambda: now, sleep))
    await answer.opened()
    assert await body_of(answer) == [b"a", b"b"]
    assert waits == [0.25, 0, 0.05, 0.1]
    assert answer.wire is None


async def test_an_answer_without_a_body_is_due_at_its_end() -> None:
    waits = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    await replayed(Answered(204, {}, (), End.COMPLETE, 300), Pace(1, lambda: 0.0, sleep)).opened()
    assert waits == [0.3]


@pytest.mark.parametrize(
    ("end", "fault"), [(End.CUT, UpstreamCut), (End.TIMEOUT, UpstreamTimeout), (End.LEFT, UpstreamCut)]
)
async def test_what_broke_off_breaks_off(end: End, fault: type[Exception]) -> None:
    answer = replayed(Answered(200, SSE, (Chunk(0, b"a"),), end))
    assert answer.wire is None
    assert await anext(answer.chunks()) == b"a"
    with pytest.raises(fault):
        await anext(answer.chunks())


async def test_other_streams_get_their_turn() -> None:
    answer = replayed(Answered(200, SSE, tuple(Chunk(0, b"a") for _ in range(3 * BURST)), End.COMPLETE))
    turns = []

    async def count() -> None:
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    await body_of(answer)
    counting.cancel()
    assert len(turns) == 3


def test_a_repeated_answer_says_so() -> None:
    answered = Answered(200, SSE, (), End.COMPLETE)
    assert replayed(answered, repeated=True).headers == {**SSE, "antiphon-replay": "repeated"}
    assert replayed(answered).headers == answered.headers == SSE


def test_who_broke_off_is_named() -> None:
    assert "'ollama'" in broken_off(End.CUT, interaction(chat("hi")).asked).message
