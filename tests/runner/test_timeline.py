"""A run's timeline: what began and ended when, told by the seam through which a run is looked on at."""

from collections.abc import Callable

import pytest

from antiphon.engine.commands import CallTool, CallUpstream, Check, Finish, ListTools, Measure, Save
from antiphon.engine.constraints import Constraint
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.replies import (
    Cancelled,
    Checked,
    Measured,
    Saved,
    SaveFailed,
    ToolDone,
    ToolsListed,
    UpstreamDone,
    UpstreamFailed,
    UpstreamOpened,
)
from antiphon.engine.run import Run
from antiphon.errors import StoreFault, UpstreamUnavailable
from antiphon.runner.timeline import ALL_ROOM, ROOM, TAPPED, RecentRuns, Span, Timeline
from antiphon.testing.playbook import chunks, said
from antiphon.wire.answers import Answer
from antiphon.wire.mcp import McpTool

CALL = CallUpstream("up", {"model": "m"})
TOOL = CallTool("fc_1", "mcp", {"name": "search"}, "{}")
SAVE = Save(Answer(id="r", created_at=1, status="completed", model="up/m", body=b"{}"))


class Clock:
    """A clock that moves by a second whenever it is read."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        self.time += 1
        return self.time


@pytest.fixture
def recent() -> RecentRuns:
    return RecentRuns(Clock(), most=3)


@pytest.fixture
def timeline(recent: RecentRuns, run: Run) -> Timeline:
    return recent.watch(run, "p")


def shapes(timeline: Timeline) -> list[tuple[str, str, bool, str | None]]:
    return [(span.kind, span.name, span.end is not None, span.fault) for span in timeline.spans]


def test_a_turn_a_tool_a_turn_and_a_save(timeline: Timeline) -> None:
    timeline.asked(CALL)
    timeline.told(UpstreamOpened())
    timeline.told(chunks(said(content="Hi")))
    timeline.told(chunks(said(content="Hi")))
    timeline.told(UpstreamDone(marked=True))
    timeline.asked(TOOL)
    timeline.told(ToolDone("fc_1", Outcome(output="found")))
    timeline.asked(CALL)
    timeline.told(UpstreamDone(marked=True))
    timeline.asked(SAVE)
    timeline.told(Saved())
    timeline.asked(Finish())
    assert timeline.spans == [
        Span("turn", "up/m", 2, opened=3, first=4, end=5),
        Span("tool", "search", 6, end=7),
        Span("turn", "up/m", 8, end=9),
        Span("save", "save", 10, end=11),
    ]
    assert (timeline.model, timeline.first, timeline.end) == ("up/m", 4, 12)


def test_what_fails_says_why(timeline: Timeline) -> None:
    timeline.asked(CALL)
    timeline.told(UpstreamFailed(UpstreamUnavailable("Nobody is there.")))
    timeline.asked(TOOL)
    timeline.told(ToolDone("fc_1", Outcome(error={"message": "no"})))
    timeline.asked(SAVE)
    timeline.told(SaveFailed(StoreFault("The disk is full.")))
    timeline.asked(Finish(UpstreamUnavailable("Nobody is there.")))
    assert [span.fault for span in timeline.spans] == ["Nobody is there.", "{'message': 'no'}", "The disk is full."]
    assert timeline.fault == "Nobody is there."


def test_everything_else_a_run_waits_for(timeline: Timeline) -> None:
    timeline.asked(ListTools(McpTool(server_label="docs", server_url="http://x")))
    timeline.told(ToolsListed("docs", error="gone"))
    timeline.asked(Check("k", Constraint("json_schema", "{}")))
    timeline.told(Checked("k"))
    timeline.asked(Measure(CALL, count=True, window=False))
    timeline.told(Measured())
    timeline.asked(CALL)
    timeline.told(Cancelled())
    assert shapes(timeline) == [
        ("list", "docs", True, "gone"),
        ("check", "k", True, None),
        ("measure", "tokens", True, None),
        ("turn", "up/m", True, None),
    ]


def test_what_is_open_at_the_end_ends_with_it(timeline: Timeline) -> None:
    timeline.asked(TOOL)
    timeline.asked(Finish())
    assert timeline.spans[0].end is not None


def test_events_are_kept_within_bounds(timeline: Timeline) -> None:
    whole: list[bool] = []
    for body in (b"x" * (ROOM - 1), b"yy", b"z"):
        timeline.wrote(body)
        whole.append(timeline.whole)
    assert whole == [True, False, False]
    assert [len(body) for _, body in timeline.written] == [ROOM - 1, 2]


def test_the_oldest_are_forgotten(recent: RecentRuns, run: Run, runs: Callable[[int], list[Run]]) -> None:
    first = recent.watch(run, "p")
    assert recent.find("p", first.run_id) is first
    assert recent.find("other", first.run_id) is None
    for newer in runs(3):
        recent.watch(newer, "p")
    assert recent.find("p", first.run_id) is None


def test_events_of_old_runs_make_room(recent: RecentRuns, runs: Callable[[int], list[Run]]) -> None:
    timelines = [recent.watch(run, "p") for run in runs(2)]
    for timeline in timelines:
        timeline.wrote(b"x" * (ALL_ROOM // 2 + 1))
        timeline.asked(Finish())
    assert [len(timeline.written) for timeline in timelines] == [0, 1]


def test_figures_and_what_is_open(recent: RecentRuns, runs: Callable[[int], list[Run]]) -> None:
    one, two = (recent.watch(run, "p") for run in runs(2))
    assert recent.open("p") == [two, one]
    one.asked(CALL)
    one.told(chunks(said(content="Hi")))
    one.asked(Finish())
    assert recent.open("p") == [two]
    (figures,) = recent.figures("p", 0)
    assert (figures.run_id, figures.model, figures.seconds, figures.first) == (one.run_id, "up/m", 5, 3)
    assert list(recent.figures("p", 1e9)) == list(recent.figures("other", 0)) == []


def test_events_are_kept_of_one_client_and_of_some_runs_at_a_time(runs: Callable[[int], list[Run]]) -> None:
    recent = RecentRuns(Clock(), most=2 * TAPPED)
    open_runs = runs(TAPPED + 1)
    watched = [recent.watch(run, "p") for run in open_runs]
    taps = [recent.tap("p", run.id) for run in open_runs]
    assert [tap is not None for tap in taps] == [True] * TAPPED + [False]
    assert recent.tap("p", open_runs[0].id) is None
    watched[3].asked(Finish())
    assert recent.tap("p", open_runs[-1].id) == watched[-1].wrote
    assert recent.tap("p", "unknown") is None


def test_runs_that_nobody_ends_are_no_longer_counted(runs: Callable[[int], list[Run]]) -> None:
    recent = RecentRuns(Clock(), most=TAPPED)
    for run in runs(2 * TAPPED):
        recent.watch(run, "p")
        assert recent.tap("p", run.id) is not None
