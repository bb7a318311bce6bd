"""The account of one run: what it did when, what it used, how it ended. Told when it is over, to whoever asked for it.

It is made of the timeline of the run, the same that the console has, and keeps numbers and names, never what was said.
Not here: what is made of an account (`usage.py`, `metrics.py`, `spans.py`, `logs.py`). Counterpart:
`runner/timeline.py`, which notes the times.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

from antiphon.engine.commands import CallTool, CallUpstream, Command, Judge, ListTools, Measure
from antiphon.engine.replies import Reply
from antiphon.engine.run import Run
from antiphon.engine.state import State
from antiphon.errors import AntiphonError
from antiphon.runner.observing import Observer
from antiphon.runner.timeline import Span, Timeline, nobody
from antiphon.seen.context import OUTGOING, TRACE, Trace, request_id
from antiphon.seen.later import Later
from antiphon.seen.prices import Price, cost_of
from antiphon.wire.responses import Response, Usage

SENDING = frozenset({CallUpstream, CallTool, ListTools, Judge, Measure})
"""Commands for which something is sent."""
OUTCOMES = {State.COMPLETED: "completed", State.INCOMPLETE: "incomplete", State.CANCELLED: "cancelled"}


@dataclass(slots=True, eq=False)
class Account:
    """A run that is over. Times in Unix seconds; `cost` in millionths of the prices' currency.

    `span` is the number of the span of its response, where it is traced; those of `spans` follow it. `error` is the
    code or kind of what it failed with.
    """

    project: str
    model: str
    response: Response
    began: float
    ended: float
    first: float | None
    outcome: str
    error: str | None
    usage: Usage | None
    cost: int
    spans: Sequence[Span]
    turns: int = 0
    tool_calls: int = 0
    trace: Trace | None = None
    span: int = 0
    request_id: str | None = None


Take = Callable[[Account], None]
"""Is told an account. It doesn't wait, and raises nothing."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Makes the account of each run and tells `takers`, `later`. `traced` is the chance in ids of traces and spans.

    `timelines` begins the timeline of a run that is kept for the console too; without it, runs have one of their own.
    """

    clock: Callable[[], float]
    takers: Sequence[Take]
    prices: Mapping[str, Price] = field(default_factory=dict)
    traced: Random | None = None
    timelines: Callable[[Run, str], Timeline] | None = None
    later: Later = field(default_factory=Later)

    def watch(self, run: Run, project: str) -> Observer:
        """Look on at a run that begins."""
        begin = self.timelines
        timeline = begin(run, project) if begin is not None else Timeline(run, project, self.clock, nobody)
        if self.traced is not None:
            return Tracing(timeline, self, self.traced)
        timeline.after = self.over
        return timeline

    def over(self, timeline: Timeline, trace: Trace | None = None, span: int = 0) -> None:
        """A run has ended: tell everybody."""
        if timeline.run is not None:
            self.later.put(partial(self._tell, timeline, timeline.run.response, (trace, span, request_id())))

    def _tell(self, timeline: Timeline, response: Response, about: tuple[Trace | None, int, str | None]) -> None:
        usage, outcome, model = timeline.usage, OUTCOMES.get(timeline.state, "failed"), timeline.model
        kinds: Sequence[str] = [span.kind for span in timeline.spans]
        account = Account(
            timeline.project,
            model or (response.model or ""),
            response,
            timeline.began,
            timeline.end or self.clock(),
            timeline.first,
            outcome,
            kind_of(timeline.error) if timeline.error and outcome == "failed" else None,
            usage,
            cost_of(model, usage, self.prices) if self.prices else 0,
            timeline.spans,
            kinds.count("turn"),
            kinds.count("tool"),
            *about,
        )
        for take in self.takers:
            take(account)


class Tracing:
    """Looks on at one run that is traced: what is sent for it says from which span."""

    __slots__ = ("_accounts", "_span", "_timeline", "_trace", "told")

    def __init__(self, timeline: Timeline, accounts: Accounts, chance: Random) -> None:
        self._timeline, self._accounts = timeline, accounts
        begun = TRACE.get()
        self._trace = begun if begun is not None else Trace.new(chance)
        self._span = chance.getrandbits(64)
        timeline.after = self._over
        self.told: Callable[[Reply], None] = timeline.told

    def asked(self, command: Command) -> None:
        self._timeline.asked(command)
        if type(command) in SENDING:
            OUTGOING.set((self._trace, self._span + len(self._timeline.spans)))

    def _over(self, timeline: Timeline) -> None:
        self._accounts.over(timeline, self._trace, self._span)


def fault_of(span: Span) -> str | None:
    """What a part of a run failed with, in a word; None where it didn't."""
    if span.error is not None:
        return kind_of(span.error)
    return "tool_error" if span.fault is not None and span.kind == "tool" else None


def kind_of(error: AntiphonError) -> str:
    """The word for what went wrong: its code where it is ours, else whose fault it is."""
    return error.default_code or error.type
