"""The account of one run: what it did when, what it used, how it ended. Told when it is over, to whoever asked for it.

It is made of the timeline of the run, the same that the console has, and keeps numbers and names, never what was said.
Not here: what is made of an account (`usage.py`, `metrics.py`, `spans.py`, `logs.py`). Counterpart:
`runner/timeline.py`, which notes the times.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

from msgspec import Struct

from antiphon.engine.run import Run
from antiphon.engine.state import State
from antiphon.errors import AntiphonError
from antiphon.runner.observing import Observer
from antiphon.runner.timeline import Kind, Span, Timeline, nobody
from antiphon.seen.context import OUTGOING, Trace, request_id, trace_of_request
from antiphon.seen.later import Later
from antiphon.seen.prices import Prices
from antiphon.wire.responses import Usage

SENDING: frozenset[Kind] = frozenset({"turn", "tool", "list", "judge", "measure"})
"""Parts of a run for which something is sent."""
OUTCOMES = {State.COMPLETED: "completed", State.INCOMPLETE: "incomplete", State.CANCELLED: "cancelled"}


class Account(Struct, gc=False):
    """A run that is over. Times in Unix seconds; `cost` in millionths of the prices' currency.

    `asked` is the model that was asked for, `model` the one that answered, with its upstream. `error` is the code or
    kind of what it failed with, `user` whom its client says it is for. `span` is the number of the span of its
    response, where it is traced; those of `spans` follow it.
    """

    project: str
    model: str
    asked: str
    response_id: str
    conversation: str | None
    user: str | None
    request_id: str | None
    began: float
    ended: float
    first: float | None
    outcome: str
    error: str | None
    usage: Usage | None
    cost: int
    spans: Sequence[Span]
    turns: int
    tool_calls: int
    trace: Trace | None
    span: int


Take = Callable[[Sequence[Account]], None]
"""Is told accounts. It doesn't wait, and raises nothing."""
About = tuple[str, str, str | None, str | None, str | None]
"""What an account has of the run's response and request: model, id, conversation, user, and the request's id."""
Ended = tuple[Timeline, About, Trace | None, int]
"""A run that has ended. Its response isn't kept until it is told: it goes while all of it is in the caches."""


@dataclass(slots=True)
class Accounts:
    """Makes the account of each run and tells `takers`, `later`. `traced` is the chance in ids of traces and spans.

    `timelines` begins the timeline of a run that is kept for the console too; without it, runs have one of their own.
    """

    clock: Callable[[], float]
    takers: Sequence[Take]
    later: Later
    prices: Prices
    traced: Random | None = None
    timelines: Callable[[Run, str], Timeline] | None = None
    _put: Callable[[Ended], None] = field(init=False)

    def __post_init__(self) -> None:
        self._put = self.later.line(self._tell)

    def watch(self, run: Run, project: str) -> Observer:
        """Look on at a run that begins."""
        begin = self.timelines
        timeline = begin(run, project) if begin is not None else Timeline(run, project, self.clock, nobody)
        trace, span, chance = None, 0, self.traced
        if chance is not None:
            # A bit less than it may have, so that there is room for those that follow; 0 is none.
            trace, span = trace_of_request(chance), chance.getrandbits(63) or 1
            timeline.begun = partial(_begun, trace, span)
        timeline.after = partial(self._over, trace, span)
        return timeline

    def _over(self, trace: Trace | None, span: int, timeline: Timeline) -> None:
        """A run has ended: everybody is to be told."""
        if timeline.run is not None:
            said = timeline.run.response
            where, user = said.conversation, said.safety_identifier or said.user
            about = (said.model or "", said.id, where.id if where is not None else None, user, request_id())
            self._put((timeline, about, trace, span))

    def _tell(self, ended: Sequence[Ended]) -> None:
        accounts = [self._account(*one) for one in ended]
        for take in self.takers:
            take(accounts)

    def _account(self, timeline: Timeline, about: About, trace: Trace | None, span: int) -> Account:
        state, error, usage, model = timeline.state, timeline.error, timeline.usage, timeline.model
        turns, tools = 0, 0
        for part in timeline.spans:
            if part.kind == "turn":
                turns += 1
            elif part.kind == "tool":
                tools += 1
        outcome = OUTCOMES.get(state, "failed")
        return Account(
            timeline.project,
            model or about[0],
            *about,
            timeline.began,
            timeline.end or self.clock(),
            timeline.first,
            outcome,
            kind_of(error) if error is not None and outcome == "failed" else None,
            usage,
            self.prices.cost(model, usage),
            timeline.spans,
            turns,
            tools,
            trace,
            span,
        )


def _begun(trace: Trace, span: int, number: int, kind: Kind) -> None:
    """A part of a run whose response has this span begins, as its `Timeline` tells: what follows is sent from there."""
    if kind in SENDING:
        OUTGOING.set((trace, span + number))


def fault_of(span: Span) -> str | None:
    """What a part of a run failed with, in a word; None where it didn't."""
    if span.error is not None:
        return kind_of(span.error)
    return "tool_error" if span.fault is not None and span.kind == "tool" else None


def kind_of(error: AntiphonError) -> str:
    """The word for what went wrong: its code where it is ours, else whose fault it is."""
    return error.default_code or error.type
