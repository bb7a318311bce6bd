"""Filters against what they are said to mean, as a table and as a model of their own."""

import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import InvalidRequest
from antiphon.retrieval.filters import Attributes, Comparison, Compound, matches, read_filter

SOME: Attributes = {"city": "Rome", "year": 1999, "price": 2.5, "open": True}
VALUES = st.one_of(
    st.sampled_from(["", "a", "b", "\U0001f600", "1"]), st.sampled_from([-1, 0, 1, 2.5, 2**53]), st.booleans()
)
ATTRIBUTES = st.dictionaries(st.sampled_from("xyz"), VALUES)
PLAIN = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


@pytest.mark.parametrize(
    ("kind", "key", "value", "passes"),
    [
        ("eq", "city", "Rome", True),
        ("eq", "city", "rome", False),
        ("eq", "year", 1999.0, True),
        ("eq", "year", "1999", False),
        ("eq", "open", True, True),
        ("eq", "open", 1, False),
        ("eq", "none", "x", False),
        ("ne", "none", "x", True),
        ("ne", "city", 5, True),
        ("ne", "city", "Rome", False),
        ("gt", "year", 1998, True),
        ("gt", "city", 5, False),
        ("lte", "city", 5, False),
        ("gte", "city", "Rome", True),
        ("lt", "city", "\ud7ff", True),
        ("lt", "none", 5, False),
        ("gt", "open", 0, False),
        ("in", "city", ["Paris", "Rome"], True),
        ("in", "open", [1], False),
        ("in", "city", [], False),
        ("nin", "city", [], True),
        ("nin", "none", ["x"], True),
        ("nin", "year", [1999], False),
    ],
)
def test_what_a_comparison_means(kind: str, key: str, value: Any, *, passes: bool) -> None:
    assert matches(read_filter({"type": kind, "key": key, "value": value}), SOME) is passes


def model(wanted: Comparison | Compound, attributes: Attributes) -> bool:
    """The same again, by other means: a value is a pair of its kind and itself."""
    if isinstance(wanted, Compound):
        each = [model(one, attributes) for one in wanted.filters]
        return not each.count(False) if wanted.type == "and" else bool(each.count(True))
    held = pair(attributes[wanted.key]) if wanted.key in attributes else None
    values = {pair(value) for value in wanted.values}
    if wanted.type in ("eq", "in", "ne", "nin"):
        return (held in values) == (wanted.type in ("eq", "in"))
    [value] = values
    return held is not None and held[0] == value[0] != "bool" and PLAIN[wanted.type](held[1], value[1])


def pair(value: Any) -> tuple[str, Any]:
    return (
        ("bool", value)
        if isinstance(value, bool)
        else ("text", value)
        if isinstance(value, str)
        else ("number", float(value))
    )


def filters() -> st.SearchStrategy[dict[str, Any]]:
    ordered = st.builds(
        one, st.sampled_from(list(PLAIN)), st.sampled_from("xyz"), VALUES.filter(lambda v: not isinstance(v, bool))
    )
    equal = st.builds(one, st.sampled_from(["eq", "ne"]), st.sampled_from("xyz"), VALUES)
    listed = st.builds(one, st.sampled_from(["in", "nin"]), st.sampled_from("xyz"), st.lists(VALUES, max_size=3))
    return st.recursive(
        ordered | equal | listed,
        lambda inner: st.builds(compound, st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3)),
        max_leaves=6,
    )


def one(kind: str, key: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "value": value}


def compound(kind: str, inner: list[Any]) -> dict[str, Any]:
    return {"type": kind, "filters": inner}


@given(filters(), ATTRIBUTES)
def test_a_filter_passes_what_the_model_passes(given_filter: dict[str, Any], attributes: Attributes) -> None:
    wanted = read_filter(given_filter)
    assert matches(wanted, attributes) is model(wanted, attributes)


def nested(depth: int) -> dict[str, Any]:
    return one("eq", "x", 1) if depth == 1 else compound("and", [nested(depth - 1)])


@pytest.mark.parametrize(
    ("given_filter", "param"),
    [
        ("x", "filters.type"),
        ({"type": "like", "key": "x", "value": 1}, "filters.type"),
        ({"type": "eq", "key": 1, "value": 1}, "filters"),
        ({"type": "eq", "key": "x"}, "filters"),
        ({"type": "eq", "key": "x", "value": None}, "filters.value"),
        ({"type": "eq", "key": "x", "value": 10**400}, "filters.value"),
        ({"type": "gt", "key": "x", "value": True}, "filters.value"),
        ({"type": "in", "key": "x", "value": "abc"}, "filters.value"),
        ({"type": "in", "key": "x", "value": [[1]]}, "filters.value"),
        ({"type": "nin", "key": "x", "value": [1] * 1001}, "filters.value"),
        ({"type": "and", "filters": []}, "filters.filters"),
        (compound("or", [one("eq", "x", 1), one("eq", "x", None)]), "filters.filters[1].value"),
        (compound("or", [one("eq", "x", 1)] * 101), "filters"),
        (nested(9), "filters" + ".filters[0]" * 8),
    ],
)
def test_a_wrong_filter_is_named(given_filter: Any, param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_filter(given_filter)
    assert caught.value.param == param


def test_as_deep_and_as_wide_as_allowed() -> None:
    assert matches(read_filter(nested(8)), {"x": 1})
    assert matches(read_filter(compound("or", [one("eq", "x", 1)] * 100)), {"x": 1})
