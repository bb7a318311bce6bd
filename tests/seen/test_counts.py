"""Counting in plain numbers."""

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from seen_runs import account

from antiphon.seen import counts as module
from antiphon.seen.account import Account
from antiphon.seen.counts import CALLS, OPERATION, OTHER, SECONDS, Bounded, Counts, Values
from antiphon.wire.responses import InputTokensDetails, Usage


def test_labels_are_bounded() -> None:
    names = Bounded(2)
    assert [names.of(name) for name in ("a", "b", "c", "a", "d")] == ["a", "b", OTHER, "a", OTHER]


@pytest.mark.parametrize("bounds", [SECONDS, OPERATION])
@given(values=st.lists(st.floats(0, 1e4) | st.sampled_from(CALLS), max_size=40), at=st.integers(0, 40))
def test_values_are_counted_up_to_their_bounds_whenever_they_are_put_there(
    bounds: tuple[float, ...], values: list[float], at: int
) -> None:
    spread, expected = Values(CALLS), [0] * (len(bounds) + 1)
    for place, value in enumerate(values):
        expected[bisect_left(bounds, value)] += 1
        spread.add(value)
        if place == at:
            spread.settle()
    assert spread.count == len(values)
    assert spread.buckets(bounds) == expected
    assert spread.count == len(values)
    assert spread.total == pytest.approx(sum(values))


def test_values_do_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 6)
    counts, one = Counts(), account()
    waiting: list[int] = []
    for _ in range(7):
        counts.take([one, one])
        waiting.append(len(counts.models["up/m"].seconds._waiting))
    assert waiting == [2, 4, 0, 2, 4, 0, 2]
    assert counts.models["up/m"].seconds.count == 14


def test_more_cached_than_given_takes_nothing_from_other_answers() -> None:
    counts = Counts()
    counts.take([used(5, 9, 3)])
    of = counts.models["up/m"]
    assert of.tokens == {"input": 0, "cached": 9, "output": 3}
    counts.take([used(100, 0, 1)])
    assert of.tokens == {"input": 100, "cached": 9, "output": 4}
    counts.take([used(5, 9, 3)])
    assert of.tokens == {"input": 100, "cached": 18, "output": 7}


def used(given: int, cached: int, made: int) -> Account:
    tokens = Usage(
        input_tokens=given, input_tokens_details=InputTokensDetails(cached_tokens=cached), output_tokens=made
    )
    return replace(account(), usage=tokens)
