"""What a run did when: its turns, tool calls and saves with their beginnings and ends, and what was sent to its client.

Kept of recent runs, in memory, within bounds; gone when the process ends. Not here: how it is drawn
(`console/timeline.py`), what a response is (`store/`). Counterpart: `observing.py`, the seam it looks through.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from antiphon.engine.commands import CallTool, CallUpstream, Check, Command, Finish, Judge, ListTools, Measure, Save
from antiphon.engine.replies import (
    Cancelled,
    Checked,
    Judged,
    Measured,
    Reply,
    Saved,
    SaveFailed,
    ToolDone,
    ToolsListed,
    UpstreamChunks,
    UpstreamDone,
    UpstreamFailed,
    UpstreamOpened,
)
from antiphon.engine.run import Run
from antiphon.engine.state import State
from antiphon.errors import AntiphonError
from antiphon.wire.responses import Usage

Kind = Literal["turn", "tool", "list", "check", "measure", "judge", "save"]

RUNS = 200
"""Runs that are remembered with all they did."""
ENDED = 2_000
"""Runs of which the figures alone are remembered."""
TAPPED = 16
"""Runs of which the events are kept at a time: where many are open, that of each would cost all of them a tenth."""
ROOM = 1 << 19
"""Bytes of events that are kept of one run."""
ALL_ROOM = 1 << 23
"""Bytes of events that are kept of all that ended."""


ENDS: dict[type[Reply], str] = {UpstreamDone: "turn", Cancelled: "turn", Measured: "measure", Saved: "save"}
"""What is over when a reply comes that has no more to say."""


@dataclass(slots=True)
class Span:
    """Something that took a while; times in Unix seconds.

    A turn has `opened`, when the upstream's status line came, and `first`, when its first chunks did. `error` is what
    a turn or a save failed with.
    """

    kind: Kind
    name: str
    start: float
    opened: float | None = None
    first: float | None = None
    end: float | None = None
    fault: str | None = None
    error: AntiphonError | None = None


@dataclass(slots=True)
class Figures:
    """A run that ended, in numbers. `first` is seconds to the first token, None where there was none."""

    run_id: str
    project: str
    model: str
    at: float
    seconds: float
    first: float | None
    tokens: int
    state: State
    fault: str | None


class Reel:
    """Pieces of a stream with the times when they were sent, in order.

    One buffer for all: an object kept of each piece would have the garbage collector look at it, and every write would
    go to memory that no cache holds.
    """

    __slots__ = ("_bytes", "_ends", "_times")

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("L")
        self._times = array("d")

    def add(self, at: float, piece: bytes) -> None:
        self._bytes += piece
        self._ends.append(len(self._bytes))
        self._times.append(at)

    @property
    def size(self) -> int:
        """Bytes of all pieces."""
        return len(self._bytes)

    def __len__(self) -> int:
        return len(self._times)

    def __iter__(self) -> Iterator[tuple[float, bytes]]:
        start = 0
        for at, end in zip(self._times, self._ends, strict=True):
            yield at, bytes(self._bytes[start:end])
            start = end


def nobody(_: "Timeline") -> None:
    """Nobody else wants to know."""


class Timeline:
    """Looks on at one run, and takes the bytes of its events where they are streamed.

    `ended` is told of its end, and then `after`, whoever put it there; both may look at its `run`, which it lets go of
    then. `begun`, where somebody put it there, is told the number of each span that begins, counted from 1, and its
    kind. `error` is what went wrong last.
    """

    def __init__(self, run: Run, project: str, clock: Callable[[], float], ended: Callable[["Timeline"], None]) -> None:
        self.run_id = run.id
        self.project = project
        self.model = ""
        self.began = clock()
        self.end: float | None = None
        self.state: State = run.state
        self.fault: str | None = None
        self.error: AntiphonError | None = None
        self.after: Callable[[Timeline], None] = nobody
        self.begun: Callable[[int, Kind], None] | None = None
        self.usage: Usage | None = None
        self.tokens = 0
        self.spans: list[Span] = []
        self.written = Reel()
        self.watchers: list[Callable[[], None]] = []
        self._room = ROOM
        self.tapped = False
        self.streamed = False
        self.run: Run | None = run
        self._clock = clock
        self._ended = ended
        self._open: dict[str, Span] = {}

    @property
    def first(self) -> float | None:
        """When the first token came, None before."""
        for span in self.spans:
            if span.first is not None:
                return span.first
        return None

    @property
    def whole(self) -> bool:
        """Whether all events were kept."""
        return self._room > 0

    def wrote(self, body: bytes) -> None:
        """These bytes of events were sent to the client."""
        if self._room > 0:
            self._room -= len(body)
            self.written.add(self._clock(), body)

    def forget(self) -> None:
        """Let go of the events."""
        self.written = Reel()

    def asked(self, command: Command) -> None:
        self._asked(command)
        self._tell()

    def told(self, reply: Reply) -> None:
        self._told(reply)
        self._tell()

    def _tell(self) -> None:
        """Whoever watches hears that something may be new, and looks when it likes."""
        for hear in self.watchers:
            hear()

    def _asked(self, command: Command) -> None:
        match command:
            case CallUpstream(upstream, body):
                self._turn_over()
                self.model = self.model or f"{upstream}/{body.get('model', '')}"
                self._begin("turn", Span("turn", f"{upstream}/{body.get('model', '')}", self._clock()))
            case CallTool():
                self._turn_over()
                name = str(command.about.get("name") or command.tool)
                self._begin(command.item_id, Span("tool", name, self._clock()))
            case ListTools(server):
                self._begin(f"list {server.server_label}", Span("list", server.server_label, self._clock()))
            case Check(key):
                self._turn_over()
                self._begin(f"check {key}", Span("check", key, self._clock()))
            case Measure():
                self._begin("measure", Span("measure", "tokens", self._clock()))
            case Judge(side):
                self._turn_over()
                self._begin(f"judge {side}", Span("judge", side, self._clock()))
            case Save():
                self._turn_over()
                self._begin("save", Span("save", "save", self._clock()))
            case Finish(error):
                self._finish(error)
            case _:
                pass

    def _told(self, reply: Reply) -> None:
        match reply:
            case UpstreamOpened():
                if turn := self._open.get("turn"):
                    turn.opened = self._clock()
            case UpstreamChunks():
                turn = self._open.get("turn")
                if turn is not None and turn.first is None:
                    turn.first = self._clock()
            case UpstreamFailed(error):
                self.fault = error.message
                self._failed(error)
                self._turn_over(error.message)
            case ToolDone(item_id, outcome):
                self._over(item_id, getattr(outcome, "error", None))
            case ToolsListed(label, _, error):
                self._over(f"list {label}", error)
            case SaveFailed(error):
                self._failed(error)
                self._over("save", error.message)
            case _:
                self._over(_over_with(reply))

    def _begin(self, key: str, span: Span) -> None:
        self.spans.append(span)
        self._open[key] = span
        if self.begun is not None:
            self.begun(len(self.spans), span.kind)

    def _over(self, key: str, fault: object = None) -> None:
        span = self._open.pop(key, None)
        if span is not None:
            span.end = self._clock()
            span.fault = str(fault) if fault else None

    def _failed(self, error: AntiphonError) -> None:
        """What was begun last failed with this."""
        self.error = error
        if self.spans:
            self.spans[-1].error = error

    def _turn_over(self, fault: str | None = None) -> None:
        self._over("turn", fault)

    def _finish(self, error: AntiphonError | None) -> None:
        for key in tuple(self._open):
            self._over(key)
        self.end = self._clock()
        if error is not None:
            self.error, self.fault = error, error.message
        if self.run is not None:
            self.usage = usage = self.run.usage
            self.tokens = usage.output_tokens if usage else 0
            self.state = self.run.state
        self._ended(self)
        # Whoever was told may know this timeline: a circle would wait for the garbage collector, with all it holds.
        after, self.after = self.after, nobody
        after(self)
        self.run = None


def _over_with(reply: Reply) -> str:
    """The key of what is over when a reply comes that says nothing else of it."""
    match reply:
        case Checked(key):
            return f"check {key}"
        case Judged(side):
            return f"judge {side}"
        case _:
            return ENDS.get(type(reply), "")


@dataclass(slots=True)
class RecentRuns:
    """The timelines of the newest runs of all projects, those that go on among them."""

    clock: Callable[[], float]
    most: int = RUNS
    ended: deque[Figures] = field(default_factory=lambda: deque(maxlen=ENDED))
    _runs: dict[str, Timeline] = field(default_factory=dict)
    _filled: deque[tuple[Timeline, int]] = field(default_factory=deque)
    _held: int = 0
    _tapped: list[Timeline] = field(default_factory=list)
    changes: int = 0
    """How many runs have begun and ended."""

    def watch(self, run: Run, project: str) -> Timeline:
        """Look on at a run that begins."""
        self.changes += 1
        timeline = Timeline(run, project, self.clock, self._over)
        self._runs.pop(run.id, None)
        self._runs[run.id] = timeline
        while len(self._runs) > self.most:
            del self._runs[next(iter(self._runs))]
        return timeline

    def find(self, project: str, run_id: str) -> Timeline | None:
        """The timeline of a project's run, if it is remembered."""
        found = self._runs.get(run_id)
        return found if found is not None and found.project == project else None

    def tap(self, project: str, run_id: str) -> Callable[[bytes], None] | None:
        """What is to be shown the events that a client of the run is sent; None where they aren't kept.

        They are kept of one client, and of so many runs at a time.
        """
        timeline = self.find(project, run_id)
        if timeline is None:
            return None
        timeline.streamed = True
        if timeline.tapped:
            return None
        if len(self._tapped) >= TAPPED:
            self._tapped = [run for run in self._tapped if run.end is None and self._runs.get(run.run_id) is run]
            if len(self._tapped) >= TAPPED:
                return None
        self._tapped.append(timeline)
        timeline.tapped = True
        return timeline.wrote

    def open(self, project: str) -> list[Timeline]:
        """Those that go on, the newest first."""
        return [run for run in reversed(self._runs.values()) if run.end is None and run.project == project]

    def figures(self, project: str, since: float) -> Iterator[Figures]:
        """Those that ended since, the newest first."""
        for figures in reversed(self.ended):
            if figures.at < since:
                return
            if figures.project == project:
                yield figures

    def _over(self, timeline: Timeline) -> None:
        self.changes += 1
        end = timeline.end or self.clock()
        first = timeline.first
        self.ended.append(
            Figures(
                timeline.run_id,
                timeline.project,
                timeline.model,
                end,
                end - timeline.began,
                None if first is None else first - timeline.began,
                timeline.tokens,
                timeline.state,
                timeline.fault,
            )
        )
        self._make_room(timeline)

    def _make_room(self, newest: Timeline) -> None:
        """Forget the events of the oldest runs when there are too many."""
        self._filled.append((newest, newest.written.size))
        self._held += newest.written.size
        while self._held > ALL_ROOM or len(self._filled) > self.most:
            oldest, size = self._filled.popleft()
            self._held -= size
            oldest.forget()
