"""What was used: the face of `store.usage`, its rows, and how one is asked for.

One row for each project, model and day (UTC), to which is added. Not here: who counts (`seen/`). Implementations:
`sql_usage.py`, `memory_usage.py`.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace


class Used(Struct, frozen=True, kw_only=True):
    """What was used of a model by a project on a day (`2026-03-09`).

    `requests` counts responses, `turns` calls of the model. `cost` is in millionths of the currency in which the prices
    are that were configured then.
    """

    project: str
    day: str
    model: str
    requests: int = 0
    failed: int = 0
    turns: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    cost: int = 0


KEY = ("project", "day", "model")
COUNTS = tuple(name for name in Used.__struct_fields__ if name not in KEY)


class Asked(Struct, frozen=True, kw_only=True):
    """Which rows: of days from `first` to `last`, both included, of one model or all; at most `limit`."""

    first: str = "0000-00-00"
    last: str = "9999-99-99"
    model: str | None = None
    limit: int = 1000


class Usage(Protocol):
    """What all projects used. Errors: `StoreFault`."""

    async def add(self, rows: Sequence[Used]) -> None:
        """Add to what is there; several rows of one key add up."""

    async def read(self, project: str, asked: Asked) -> list[Used]:
        """The project's rows, by day, the newest first, and by model."""


def summed(rows: Sequence[Used]) -> list[Used]:
    """One row for each key, in the order in which rows are locked: by key."""
    sums: dict[tuple[str, str, str], Used] = {}
    for row in rows:
        key = (row.project, row.day, row.model)
        sums[key] = _sum(sums[key], row) if key in sums else row
    return [sums[key] for key in sorted(sums)]


def _sum(one: Used, other: Used) -> Used:
    return replace(one, **{name: getattr(one, name) + getattr(other, name) for name in COUNTS})
