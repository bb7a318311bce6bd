"""The overview's figures, from runs that ended."""

from antiphon.console.figures import COLUMNS, LIMITS, SPAN, pulse
from antiphon.engine.state import State
from antiphon.runner.timeline import Figures


def ended(at: float, first: float | None = 0.1, tokens: int = 60, state: State = State.COMPLETED) -> Figures:
    return Figures("r", "p", "m", at, 1.0, first, tokens, state, "why" if state is State.FAILED else None)


def test_nothing_yet() -> None:
    found = pulse([], 1000)
    assert (found.requests, found.first, found.tokens_now) == (0, None, 0)
    assert sum(found.histogram) == sum(found.rates) == 0


def test_what_ended_is_counted() -> None:
    runs = [ended(1000), ended(990, 0.3), ended(900, 99.0), ended(500, None, state=State.FAILED)]
    found = pulse(runs, 1000)
    assert (found.requests, found.failed, found.tokens, found.tokens_now) == (4, 1, 240, 2)
    assert (found.first, found.first_late) == (0.3, 99.0)
    assert found.histogram[LIMITS.index(0.1)] == found.histogram[LIMITS.index(0.3)] == found.histogram[-1] == 1
    assert found.rates[-1] == 2
    assert found.speeds[-1] == 2 * 60 / (SPAN / COLUMNS)
    assert len(found.rates) == COLUMNS
    assert sum(found.rates) == 4
    assert found.failures == [runs[3]]
    assert pulse([ended(1000 - SPAN - 50)], 1000).rates == [0] * COLUMNS
