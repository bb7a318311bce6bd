"""Filters over a file's attributes: read from a request, and applied as a pure function.

What they mean, in every store alike:

- Attributes are texts, numbers and booleans. Values of different kinds are never equal and have no order; true isn't 1.
- Numbers are compared as 64-bit floats, texts by code points. Booleans have no order: `gt` and its like refuse one.
- `ne` is all that `eq` isn't, and `nin` all that `in` isn't. So a file without the attribute passes those two alone.

Not here: the same as SQL (`store/`). Source of the forms: API reference, `ComparisonFilter`, `CompoundFilter`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from msgspec import Struct

from antiphon.errors import InvalidRequest

Value = str | float | bool
Attributes = Mapping[str, Value]
Comparing = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin"]
Compounding = Literal["and", "or"]

COMPARISONS: tuple[str, ...] = get_args(Comparing)
ORDERED = ("gt", "gte", "lt", "lte")
LISTED = ("in", "nin")
DEEPEST, MOST_COMPARISONS, MOST_VALUES = 8, 100, 1000


class Comparison(Struct, frozen=True):
    """An attribute and what it is held against; `values` are several for `in` and `nin`, and one otherwise."""

    type: Comparing
    key: str
    values: tuple[Value, ...]


class Compound(Struct, frozen=True):
    """All of several filters, or one of them at least."""

    type: Compounding
    filters: tuple["Comparison | Compound", ...]


Filter = Comparison | Compound


def matches(wanted: Filter, attributes: Attributes) -> bool:
    """Whether a file with these attributes passes."""
    if isinstance(wanted, Compound):
        passed = (matches(each, attributes) for each in wanted.filters)
        return all(passed) if wanted.type == "and" else any(passed)
    value = attributes.get(wanted.key)
    match wanted.type:
        case "eq" | "in":
            return any(_equal(value, each) for each in wanted.values)
        case "ne" | "nin":
            return not any(_equal(value, each) for each in wanted.values)
        case ordered:
            return _ordered(ordered, value, wanted.values[0])


def read_filter(given: object, param: str = "filters") -> Filter:
    """A request's filter. Raises `InvalidRequest` that names the place in it."""
    return _Reading().read(given, param, 1)


def _equal(one: Value | None, other: Value) -> bool:
    return _kind(one) == _kind(other) and (float(one) == other if isinstance(one, int) else one == other)


def _ordered(how: Literal["gt", "gte", "lt", "lte"], one: Any, other: Any) -> bool:  # noqa: ANN401 - of one kind
    if _kind(one) != _kind(other) or isinstance(one, bool):
        return False
    one = float(one) if isinstance(one, int) else one
    match how:
        case "gt":
            return bool(one > other)
        case "gte":
            return bool(one >= other)
        case "lt":
            return bool(one < other)
        case "lte":
            return bool(one <= other)


def _kind(value: object) -> type:
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)


class _Reading:
    """Counts the comparisons of one filter."""

    def __init__(self) -> None:
        self._comparisons = 0

    def read(self, given: object, param: str, depth: int) -> Filter:
        if depth > DEEPEST:
            raise InvalidRequest(f"'{param}' is nested too deeply; filters may be {DEEPEST} deep.", param=param)
        match given:
            case {"type": ("and" | "or") as kind, "filters": [_, *_] as filters}:
                read = (self.read(each, f"{param}.filters[{place}]", depth + 1) for place, each in enumerate(filters))
                return Compound(kind, tuple(read))
            case {"type": "and" | "or"}:
                raise InvalidRequest(
                    f"'{param}.filters' must be a list of one filter or more.", param=f"{param}.filters"
                )
            case {"type": str() as kind, "key": str() as key, "value": value} if kind in COMPARISONS:
                return self._comparison(kind, key, value, param)
            case {"type": str() as kind} if kind in COMPARISONS:
                raise InvalidRequest(f"'{param}' must have a key, which is a string, and a value.", param=param)
            case _:
                allowed = ", ".join((*COMPARISONS, "and", "or"))
                raise InvalidRequest(f"'{param}.type' must be one of {allowed}.", param=f"{param}.type")

    def _comparison(self, kind: Any, key: str, value: object, param: str) -> Comparison:  # noqa: ANN401 - one of them
        self._comparisons += 1
        if self._comparisons > MOST_COMPARISONS:
            raise InvalidRequest(f"'filters' has more than {MOST_COMPARISONS} comparisons.", param="filters")
        return Comparison(kind, key, _values(kind, value, f"{param}.value"))


def _values(kind: str, value: object, param: str) -> tuple[Value, ...]:
    if kind in LISTED:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) > MOST_VALUES:
            raise InvalidRequest(f"'{param}' must be a list of at most {MOST_VALUES} values for '{kind}'.", param=param)
        return tuple(_value(each, param) for each in value)
    if kind in ORDERED and isinstance(value, bool):
        raise InvalidRequest(f"'{param}' must be a number or a string: booleans have no order.", param=param)
    return (_value(value, param),)


def _value(value: object, param: str) -> Value:
    match value:
        case str() | bool():
            return value
        case int() | float():
            return _float(value, param)
        case _:
            raise InvalidRequest(f"'{param}' must be a string, a number or a boolean.", param=param)


def _float(value: float, param: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise InvalidRequest(f"'{param}' is a number too large to be compared.", param=param) from None
