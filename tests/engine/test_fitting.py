"""Whether a call goes out as it is, is measured, is shortened, or is refused."""

from typing import Any

import pytest

from antiphon.engine.commands import CallUpstream, Measure
from antiphon.engine.fitting import REFUSALS, ROUNDS, Fitting, Window
from antiphon.engine.replies import Measured
from antiphon.errors import ContextTooLong

LONG = "word " * 200


def call(turns: int = 3, **more: Any) -> CallUpstream:
    past = [{"role": role, "content": LONG} for _ in range(turns) for role in ("user", "assistant")]
    return CallUpstream("u", {"model": "m", "messages": [*past, {"role": "user", "content": "And?"}], **more})


def size(step: object) -> int:
    assert isinstance(step, CallUpstream)
    return len(step.body["messages"])


def test_without_a_window_a_call_goes_out() -> None:
    assert Fitting(Window()).before(call()) == call()


def test_a_window_that_is_not_known_is_asked_for_once() -> None:
    fitting = Fitting(Window(auto=True))
    assert fitting.before(call()) == Measure(call(), count=False, window=True)
    assert fitting.measured(call(), Measured()) == call()
    assert fitting.before(call()) == call()


def test_what_surely_fits_is_not_measured() -> None:
    assert Fitting(Window(100_000, auto=True, counts=True)).before(call()) == call()


def test_without_leave_only_what_seems_too_long_is_measured() -> None:
    window = Window(2_000, counts=True)
    assert Fitting(window).before(call()) == call()
    assert isinstance(Fitting(Window(2_000, auto=True, counts=True)).before(call()), Measure)
    assert isinstance(Fitting(Window(1_000, counts=True)).before(call()), Measure)


def test_an_estimate_shortens() -> None:
    assert size(Fitting(Window(1_000, auto=True)).before(call())) == 3


def test_a_count_shortens_and_is_taken_again() -> None:
    fitting = Fitting(Window(1_000, auto=True, counts=True))
    step = fitting.before(call())
    assert step == Measure(call(), count=True, window=False)
    step = fitting.measured(call(), Measured(tokens=1_200))
    assert isinstance(step, Measure)
    assert len(step.call.body["messages"]) == 5
    assert fitting.measured(step.call, Measured(tokens=800)) == step.call


def test_it_is_not_measured_for_ever() -> None:
    fitting = Fitting(Window(1_000, auto=True, counts=True))
    step, measured = fitting.before(call(20)), 0
    while isinstance(step, Measure):
        measured += 1
        step = fitting.measured(step.call, Measured(tokens=1_000 + 200 // measured))
    assert measured == ROUNDS
    assert isinstance(step, CallUpstream)


def test_a_server_that_does_not_count_after_all_is_estimated() -> None:
    fitting = Fitting(Window(1_000, auto=True, counts=True))
    fitting.before(call())
    assert size(fitting.measured(call(), Measured())) == 3
    assert size(fitting.before(call())) == 3


def test_what_cannot_be_shortened_goes_out() -> None:
    assert Fitting(Window(10, auto=True)).before(call(0)) == call(0)


@pytest.mark.parametrize("counts", [False, True])
def test_without_leave_it_is_refused(*, counts: bool) -> None:
    fitting = Fitting(Window(100, counts=counts))
    step = fitting.before(call())
    if counts:
        assert isinstance(step, Measure)
        step = fitting.measured(step.call, Measured(tokens=1_200))
    assert isinstance(step, ContextTooLong)
    assert step.window == 100


def test_without_leave_what_may_fit_goes_out() -> None:
    assert Fitting(Window(1_300)).before(call()) == call()
    counted = Fitting(Window(1_200, counts=True))
    counted.before(call())
    assert counted.measured(call(), Measured(tokens=1_200)) == call()


def test_the_answer_gets_its_room() -> None:
    window = Window(2_500, auto=True)
    assert size(Fitting(window).before(call())) == 7
    assert size(Fitting(window).before(call(max_tokens=2_000))) == 1
    assert size(Fitting(window).before(call(max_completion_tokens=2_000))) == 1


def test_a_refusal_shortens_so_often_and_no_more() -> None:
    fitting, asked = Fitting(Window(auto=True)), call(20)
    for _ in range(REFUSALS):
        shorter = fitting.refused(asked, ContextTooLong("No."))
        assert shorter is not None
        assert size(shorter) < size(asked)
        asked = shorter
    assert fitting.refused(asked, ContextTooLong("No.")) is None


def test_a_refusal_with_numbers_is_believed() -> None:
    shorter = Fitting(Window(auto=True)).refused(call(4), ContextTooLong("No.", tokens=4_000, window=2_000))
    assert size(shorter) == 3


def test_without_leave_a_refusal_stands() -> None:
    assert Fitting(Window()).refused(call(), ContextTooLong("No.")) is None
