"""What is told of a run when it is over."""

import gc
from itertools import count
from random import Random
from weakref import ref

import pytest
from seen_runs import AGENT, Time, account, run

from antiphon.engine.commands import CallTool, CallUpstream, Finish, Save
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.replies import SaveFailed, ToolDone, UpstreamFailed
from antiphon.engine.run import Run
from antiphon.errors import StoreFault, UpstreamUnavailable
from antiphon.runner.timeline import Timeline, nobody
from antiphon.seen.account import Account, Accounts, fault_of
from antiphon.seen.context import HEADERS, OUTGOING, REQUEST, Trace
from antiphon.seen.later import Later
from antiphon.seen.prices import Prices


class Counting(Random):
    """Draws 1, 2, 3, and so on."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count(1)

    def getrandbits(self, k: int, /) -> int:
        return next(self._numbers) % (1 << k)


def faults(told: Account) -> dict[int, str]:
    return {place: fault for place, span in enumerate(told.spans) if (fault := fault_of(span))}


def test_the_account_of_an_agents_run() -> None:
    told = account()
    assert [(span.kind, span.name) for span in told.spans] == [
        ("turn", "up/m"), ("tool", "add"), ("turn", "up/m"), ("save", "save")
    ]  # fmt: skip
    assert (told.project, told.model, told.error, faults(told)) == ("p", "up/m", None, {})
    assert told.began < (told.first or 0) < told.ended
    assert (told.trace, told.span, told.usage, told.cost) == (None, 0, None, 0)


def test_what_failed_and_where() -> None:
    down = UpstreamUnavailable("down")
    told = account([CallUpstream("up", {"model": "m"}), UpstreamFailed(down), Finish(down)])
    assert (told.outcome, told.error, faults(told)) == ("failed", "upstream_unavailable", {0: "upstream_unavailable"})


def test_a_tool_that_failed_is_the_one() -> None:
    one, other = CallTool("a", "mcp", {}, ""), CallTool("b", "mcp", {}, "")
    told = account([one, other, ToolDone("b", Outcome(error={"code": "x"})), ToolDone("a", Outcome("1")), Finish()])
    assert faults(told) == {1: "tool_error"}


def test_a_save_that_failed() -> None:
    save = next(step for step in AGENT if isinstance(step, Save))
    fault = StoreFault("full")
    told = account([save, SaveFailed(fault), Finish(fault)])
    assert (told.error, faults(told)) == ("storage_unavailable", {0: "storage_unavailable"})


def test_each_span_has_an_id_and_what_is_sent_for_it_says_so() -> None:
    token = REQUEST.set({HEADERS: {b"traceparent": f"00-{'09' * 16}-{'08' * 8}-01".encode()}})
    try:
        told = account(chance=Counting())
        sent = OUTGOING.get()
    finally:
        REQUEST.reset(token)
        OUTGOING.set(None)
    assert told.trace == Trace(b"\x09" * 16, b"\x08" * 8)
    assert told.span == 1
    # Of the second turn: nothing is sent for a save.
    assert sent == (told.trace, 1 + 3)


def test_no_span_has_the_id_that_is_none() -> None:
    class Nothing(Counting):
        def getrandbits(self, k: int, /) -> int:
            return super().getrandbits(k) * 0

    assert account(chance=Nothing()).span == 1
    OUTGOING.set(None)


@pytest.mark.parametrize("chance", [None, Random(1)])
def test_nothing_is_told_before_the_end(chance: Random | None) -> None:
    with pytest.raises(ValueError, match="not enough values"):
        account(AGENT[:-1], chance)
    OUTGOING.set(None)


def test_a_traced_run_is_let_go_of_when_it_ends() -> None:
    kept: list[ref[Timeline]] = []

    def begin(run: Run, project: str) -> Timeline:
        timeline = Timeline(run, project, Time(), nobody)
        kept.append(ref(timeline))
        return timeline

    accounts = Accounts(Time(), [], Later(), Prices({}), traced=Random(1), timelines=begin)
    looking = accounts.watch(run(), "p")
    gc.disable()
    try:
        looking.asked(Finish())
        del looking
        assert kept[0]() is None
    finally:
        gc.enable()
