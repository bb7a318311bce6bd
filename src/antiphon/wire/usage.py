"""What was used, as `GET /v1/usage` shows it. Not here: counting (`seen/usage.py`)."""

from typing import Literal

from msgspec import Struct


class UsageRow(Struct, kw_only=True):
    """What a project used of a model on a day (UTC); `cost` in the currency of the operator's prices."""

    object: Literal["usage"] = "usage"
    date: str
    model: str
    requests: int
    failed: int
    turns: int
    tool_calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cost: float


class UsageList(Struct, kw_only=True):
    """Rows, the newest day first."""

    object: Literal["list"] = "list"
    data: list[UsageRow]
