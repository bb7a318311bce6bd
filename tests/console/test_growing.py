"""A timeline as a page is told of it: each step when it begins, goes on or ends, and no more."""

import json

import engine_answers
import pytest

from antiphon.console.growing import News, grown
from antiphon.console.timeline import MOST
from antiphon.engine.commands import CallTool, CallUpstream, Finish
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.replies import ToolDone, UpstreamDone, UpstreamOpened
from antiphon.engine.run import Run
from antiphon.runner.open_runs import OpenRuns
from antiphon.runner.timeline import RecentRuns, Span, Timeline


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timeline(clock: Clock) -> Timeline:
    run = Run(engine_answers.planned().plan, engine_answers.sources())
    return RecentRuns(clock).watch(run, "p")


CALL = CallUpstream("up", {"model": "m"})
TOOL = CallTool("fc_1", "mcp", {"name": "search"}, "{}")


def test_only_what_is_new_is_told(timeline: Timeline, clock: Clock) -> None:
    news = News(timeline, clock)
    timeline.asked(CALL)
    clock.time = 100.5
    timeline.told(UpstreamOpened())
    assert news.take().steps == {0: ("turn", "turn", "up/m", 0, 500, None, None, None)}
    assert news.take().steps == {}
    clock.time = 101
    timeline.told(UpstreamDone(marked=True))
    timeline.asked(TOOL)
    told = news.take()
    assert told.steps == {
        0: ("turn", "turn", "up/m", 0, 500, None, 1000, None),
        1: ("tool", "search", "search", 1000, None, None, None, None),
    }
    assert (told.now, told.count) == (1000, 2)
    timeline.told(ToolDone("fc_1", Outcome(error={"message": "no"})))
    assert list(news.take().steps.values()) == [
        ("tool", "search", "search", 1000, None, None, 1000, "{'message': 'no'}")
    ]
    assert news.take().steps == {}


def test_steps_beyond_those_that_are_drawn_are_counted(timeline: Timeline, clock: Clock) -> None:
    news = News(timeline, clock)
    timeline.spans += [Span("tool", "t", 100, end=101) for _ in range(MOST - 1)]
    assert len(news.take().steps) == MOST - 1
    timeline.spans += [Span("tool", "t", 100, end=101) for _ in range(3)]
    told = news.take()
    assert (list(told.steps), told.count) == ([MOST - 1], MOST + 2)


async def test_it_is_told_as_it_happens_until_it_is_over(timeline: Timeline, clock: Clock) -> None:
    heard = grown(timeline, clock, OpenRuns())
    assert json.loads((await anext(heard)).split(b"data: ")[1]) == {"now": 0, "steps": {}, "count": 0}
    timeline.asked(CALL)
    assert (await anext(heard)).startswith(b"event: grown\ndata: {")
    timeline.asked(Finish())
    assert (await anext(heard)).startswith(b"event: over\ndata: {")
    assert [one async for one in heard] == []
    assert timeline.watchers == []


async def test_nobody_is_told_any_more_who_has_left(timeline: Timeline, clock: Clock) -> None:
    heard = grown(timeline, clock, OpenRuns())
    await anext(heard)
    assert len(timeline.watchers) == 1
    await heard.aclose()  # type: ignore[attr-defined] # it is a generator
    assert timeline.watchers == []


async def test_a_quiet_run_keeps_the_connection_open(timeline: Timeline, clock: Clock) -> None:
    heard = grown(timeline, clock, OpenRuns(), quiet=0)
    await anext(heard)
    assert await anext(heard) == b": still here\n\n"
    await heard.aclose()  # type: ignore[attr-defined] # it is a generator


async def test_a_server_that_stops_is_not_held_up(timeline: Timeline, clock: Clock) -> None:
    runs = OpenRuns()
    heard = grown(timeline, clock, runs)
    await anext(heard)
    runs.close()
    assert [one async for one in heard] == []
    assert [one async for one in grown(timeline, clock, runs)] == []
