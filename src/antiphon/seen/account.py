"""The account of one run: what it did when, what it used, how it ended. Told when it is over, to whoever asked for it.

It looks on through the seam of a run and keeps numbers and names, never what was said. Not here: what is made of an
account (`usage.py`, `metrics.py`, `traces.py`, `logs.py`). Counterpart: `runner/timeline.py`, which notes the times.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from antiphon.engine.commands import CallTool, Command, Finish
from antiphon.engine.replies import Reply, SaveFailed, ToolDone, UpstreamFailed
from antiphon.engine.run import Run
from antiphon.engine.state import State
from antiphon.errors import AntiphonError
from antiphon.runner.timeline import Span, Timeline
from antiphon.seen.context import OUTGOING, TRACE, Trace
from antiphon.seen.otlp import span_id
from antiphon.seen.prices import Price, cost_of
from antiphon.wire.responses import Response, Usage

OUTCOMES = {State.COMPLETED: "completed", State.INCOMPLETE: "incomplete", State.CANCELLED: "cancelled"}


@dataclass(frozen=True, slots=True)
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
    faults: Mapping[int, str]
    trace: Trace | None = None
    span: int = 0


Take = Callable[[Account], None]
"""Is told an account. It doesn't wait, and raises nothing."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Keeps the account of each run and tells `takers`. `traced` is the chance in ids of traces and spans."""

    clock: Callable[[], float]
    takers: Sequence[Take]
    prices: Mapping[str, Price] = field(default_factory=dict)
    traced: Callable[[int], bytes] | None = None

    def watch(self, run: Run, project: str) -> "Accounting":
        """Look on at a run that begins."""
        return Accounting(run, project, self)


class Accounting:
    """Looks on at one run."""

    def __init__(self, run: Run, project: str, accounts: Accounts) -> None:
        self._run = run
        self._accounts = accounts
        self._timeline = Timeline(run, project, accounts.clock, self._over)
        self._error: AntiphonError | None = None
        self._faults: dict[int, str] = {}
        self._places: dict[str, int] = {}
        chance = accounts.traced
        self._trace = (TRACE.get() or Trace.new(chance)) if chance else None
        self._span = int.from_bytes(chance(8)) if chance else 0

    def asked(self, command: Command) -> None:
        if isinstance(command, Finish) and command.error is not None:
            self._error = command.error
        known = len(self._timeline.spans)
        self._timeline.asked(command)
        begun = self._timeline.spans[known:]
        if isinstance(command, CallTool) and begun:
            self._places[command.item_id] = known
        if self._trace is not None and begun:
            # Whatever is sent for the command is sent from here.
            OUTGOING.set(self._trace.header(span_id(self._span + known + len(begun))))

    def told(self, reply: Reply) -> None:
        if isinstance(reply, UpstreamFailed | SaveFailed):
            self._error = reply.error
            if self._timeline.spans:
                self._faults[len(self._timeline.spans) - 1] = kind_of(reply.error)
        elif isinstance(reply, ToolDone) and reply.outcome.error is not None:
            self._faults[self._places.get(reply.item_id, 0)] = "tool_error"
        self._timeline.told(reply)

    def _over(self, timeline: Timeline) -> None:
        run, model, state = self._run, timeline.model, self._run.state
        outcome = "failed" if self._error is not None and state not in OUTCOMES else OUTCOMES.get(state, "failed")
        account = Account(
            project=timeline.project,
            model=model or (run.response.model or ""),
            response=run.response,
            began=timeline.began,
            ended=timeline.end or self._accounts.clock(),
            first=timeline.first,
            outcome=outcome,
            error=kind_of(self._error) if self._error and outcome == "failed" else None,
            usage=run.usage,
            cost=cost_of(model, run.usage, self._accounts.prices),
            spans=timeline.spans,
            faults=self._faults,
            trace=self._trace,
            span=self._span,
        )
        for take in self._accounts.takers:
            take(account)


def kind_of(error: AntiphonError) -> str:
    """The word for what went wrong: its code where it is ours, else whose fault it is."""
    return error.default_code or error.type
