"""The checker of one Responses answer: the JSON object, and the terminal snapshot of a stream.

Not here: types of fields (any JSON Schema or SDK judges those), the order of events.
Counterpart: `check_stream`, which hands its last snapshot on to this.
"""

from collections.abc import Mapping
from typing import Any

from antiphon.testing.item_rules import FIELDS, NOT_NULL, PREFIXES, STATUSES
from antiphon.testing.violation import StreamViolation, demand, shown

Json = Mapping[str, Any]

_TERMINAL = frozenset({"completed", "failed", "incomplete", "cancelled"})
_UNFINISHED = frozenset({"in_progress", "queued"})
_DETAILS = {
    "input_tokens_details": ("cached_tokens", "cache_write_tokens"),
    "output_tokens_details": ("reasoning_tokens",),
}


def check_response(response: Json) -> Json:
    """Check the JSON object of one response, finished or not, and give it back.

    Raises `StreamViolation` with the broken rule: its object and status, the fields that are never null,
    error and incomplete_details against the status, ids, statuses and fields of the output items, usage.
    """
    status = response.get("status")
    demand(response.get("object") == "response", "response-object", f"object is {shown(response.get('object'))}")
    demand(status in _TERMINAL | _UNFINISHED, "response-object", f"status is {shown(status)}")
    output = response.get("output")
    if not isinstance(output, list):
        raise StreamViolation("response-object", f"output is {shown(output)}, not a list")
    _demand_not_null(response)
    _demand_details(response)
    _demand_id("the response", response, "response")
    _demand_distinct([item.get("id") for item in output])
    # One in the background may have been taken up by another process: what it had begun is left incomplete.
    unbroken = status == "completed" and not response.get("background")
    for number, item in enumerate(output):
        _check_item(f"output[{number}]", item, finished=status in _TERMINAL, completed=unbroken)
    if response.get("usage") is not None:
        _check_usage(response["usage"])
    return response


def _demand_not_null(response: Json) -> None:
    missing = [name for name in NOT_NULL if response.get(name) is None]
    demand(not missing, "response-nulls", f"null or missing: {', '.join(missing)}")
    text = response["text"]
    has_format = isinstance(text, Mapping) and text.get("format") is not None
    demand(has_format, "response-nulls", f"text.format is null or missing in {shown(text)}")


def _demand_details(response: Json) -> None:
    status, reason = response["status"], response.get("incomplete_details")
    failed, incomplete = status == "failed", status == "incomplete"
    error = response.get("error")
    demand((error is not None) == failed, "response-details", f"status is {status}, error is {shown(error)}")
    right = reason is not None if incomplete else reason is None or status == "cancelled"
    demand(right, "response-details", f"status is {status}, incomplete_details is {shown(reason)}")
    if "completed_at" in response:
        at = response["completed_at"]
        right = (at is not None) == (status == "completed")
        demand(right, "response-details", f"status is {status}, completed_at is {shown(at)}")


def _check_item(place: str, item: Json, *, finished: bool, completed: bool) -> None:
    kind, status = str(item.get("type")), item.get("status")
    _demand_id(place, item, kind)
    _demand_fields(place, item)
    final = STATUSES.get(kind)
    if finished and final is not None:
        demand(status in final, "item-status", f"{place}, a {kind}, has status {shown(status)}")
    broken_off = completed and status in {"incomplete", "in_progress"}
    demand(not broken_off, "item-status", f"{place} is {status} in a completed response")
    for field in ("content", "summary"):
        parts = item.get(field)
        for number, part in enumerate(parts if isinstance(parts, list) else []):
            _demand_fields(f"{place}.{field}[{number}]", part)


def _demand_id(place: str, holder: Json, kind: str) -> None:
    found, prefix = holder.get("id"), PREFIXES.get(kind, "")
    right = isinstance(found, str) and found.startswith(prefix) and found != prefix
    demand(right, "id-prefix", f"the id of {place} is {shown(found)}, due was {prefix}…")


def _demand_distinct(ids: list[object]) -> None:
    twice = [found for found in ids if ids.count(found) > 1]
    demand(not twice, "id-prefix", f"two items share the id {shown(twice[:1])}")


def _demand_fields(place: str, holder: Json) -> None:
    kind = str(holder.get("type"))
    missing = [name for name in FIELDS.get(kind, ()) if holder.get(name) is None]
    demand(not missing, "item-fields", f"{place}, a {kind}, lacks {', '.join(missing)}")


def _check_usage(usage: Json) -> None:
    counts = {name: usage.get(name) for name in ("input_tokens", "output_tokens", "total_tokens")}
    for holder, names in _DETAILS.items():
        details = usage.get(holder) or {}
        counts |= {f"{holder}.{name}": details.get(name) for name in names}
    wrong = {name: count for name, count in counts.items() if not _is_count(count)}
    demand(not wrong, "usage", f"not whole numbers: {shown(wrong)}")
    total = usage["input_tokens"] + usage["output_tokens"]
    demand(total == usage["total_tokens"], "usage", f"input + output is {total}, total is {usage['total_tokens']}")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
