"""How an operation on rows is written once for every SQL database: a generator that asks and is told rows.

An `Operation` yields `Fetch` and `Each`, is sent the rows of the one and None for the other, and returns its
result. It knows neither a driver nor a dialect and does no I/O, so it may be run again from its start.
Counterparts: `queries.py` (the named statements), `sqlite.py` and `postgres.py` (which carry asks out).
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

Result = TypeVar("Result")
Params = Mapping[str, Any]
Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Fetch:
    """Carry out the named statement once; the reply is its rows.

    `names` stand in the statement's text as `{name}`: schemas, numbers in types and names, which can't be parameters.
    """

    query: str
    params: Params
    names: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Each:
    """Carry out the named statement for each of the parameter sets, in one go where the database can; no reply."""

    query: str
    params: Sequence[Params]


Ask = Fetch | Each
Steps = Generator[Ask, Rows, Result]
# Called to start (or restart) the steps.
Operation = Callable[[], Steps[Result]]
