"""Differences of JSON values, found and carried out again."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.cassettes.changes import changed, difference

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 2.5]) | st.text("ab", max_size=2)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3)
)


def typed(value: Any) -> str:
    """Tells `1` from `1.0` and `true`; the order of keys makes no difference."""
    if isinstance(value, dict):
        return f"object {sorted((name, typed(member)) for name, member in value.items())}"
    return str([typed(each) for each in value]) if isinstance(value, list) else repr(value)


@given(values, values)
def test_the_difference_turns_one_into_the_other(one: Any, other: Any) -> None:
    changes = list(difference(one, other))
    assert typed(changed(copy.deepcopy(one), changes)) == typed(other)
    assert bool(changes) == (typed(one) != typed(other))


def test_a_difference_is_small() -> None:
    have = {"a": [1, {"b": 2, "c": 3}], "d": 4}
    want = {"a": [1, {"b": 2.0}], "d": 4, "e": None}
    assert list(difference(have, want)) == [(["a", 1, "c"],), (["a", 1, "b"], 2.0), (["e"], None)]


@pytest.mark.parametrize("path", [["x", "y"], ["a", 9], ["a", "b"], [0]])
def test_a_place_that_is_gone_is_passed_over(path: list[str | int]) -> None:
    assert changed({"a": [1]}, [[path, 2]]) == {"a": [1]}
