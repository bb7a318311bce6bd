"""The judge of shape: does the official SDK's own description of the wire accept what was sent?

The SDK itself parses leniently: missing fields, wrong types and unknown enum values all pass. Here its
models validate strictly instead: no required field may miss, no type may differ (an int is a fine float),
literals and unions hold all the way down. Fields that the SDK doesn't know are allowed; `extras` lists them.

A test tool, not shipped. Not here: order and sums (`antiphon.testing.check_stream`). Import as `judge`.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from openai.types import Model
from openai.types.conversations import Conversation, ConversationItem
from openai.types.responses import Response, ResponseItem, ResponseItemList, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter, ValidationError

Json = Mapping[str, Any]
Path = tuple[str | int, ...]


class Misshapen(AssertionError):
    """The SDK's types refuse what was sent; `faults` are lines of `path: reason`."""

    def __init__(self, what: str, faults: list[str]) -> None:
        super().__init__("\n  ".join([f"{what} doesn't fit the SDK's types:", *faults]))
        self.faults = faults


def members(union: Any) -> dict[str, type[BaseModel]]:
    """The classes of a union of events, by the name that each one's `type` must have."""
    classes = get_args(get_args(union)[0])
    return {name: member for member in classes for name in get_args(member.model_fields["type"].annotation)}


EVENTS = members(ResponseStreamEvent)
ORDER_ALONE = frozenset(f"response.apply_patch_call_operation_diff.{verb}" for verb in ("delta", "done"))
"""Events of the real wire that the SDK has no type for."""


def judge_event(data: Json, kinds: Mapping[str, type[BaseModel]] = EVENTS) -> None:
    """Judge one stream event as one of `kinds`. Raises `Misshapen`, also for an event name that isn't known."""
    name = data.get("type")
    if name in ORDER_ALONE:
        return
    if not isinstance(name, str) or name not in kinds:
        raise Misshapen("event", [f"type: {name!r} is no event of the SDK"])
    _validated(_adapter(kinds[name]), data, name)


def judge_response(data: Json) -> None:
    """Judge the JSON object of one response."""
    _validated(_adapter(Response), data, "response")


def judge_item(data: Json) -> None:
    """Judge one stored item, as `input_items` lists it."""
    _validated(_adapter(ResponseItem), data, f"item {data.get('type')}")


def judge_conversation_item(data: Json) -> None:
    """Judge one item of a conversation."""
    _validated(_adapter(ConversationItem), data, f"conversation item {data.get('type')}")


def judge_conversation(data: Json) -> None:
    """Judge a conversation without its items."""
    _validated(_adapter(Conversation), data, "conversation")


def judge_model(data: Json) -> None:
    """Judge one entry of the list of models."""
    _validated(_adapter(Model), data, "model")


def judge_page(data: Json, page: type[BaseModel] = ResponseItemList) -> None:
    """Judge one page of a list, and that `first_id` and `last_id` are its first and last entry's.

    `page` is the SDK's class: its own default, or `ConversationItemList`.
    """
    _validated(_adapter(page), data, "page")
    ids = [entry.get("id") for entry in data["data"]]
    ends = {"first_id": ids[0], "last_id": ids[-1]} if ids else {}
    faults = [f"{key}: {data[key]!r}, the entry's id is {right!r}" for key, right in ends.items() if data[key] != right]
    if faults:
        raise Misshapen("page", faults)


def judge_models(data: Json) -> None:
    """Judge the answer of `GET /v1/models`."""
    if data.get("object") != "list" or not isinstance(data.get("data"), list):
        raise Misshapen("list of models", ["object or data: not a list"])
    for entry in data["data"]:
        judge_model(entry)


def extras(data: Json) -> list[str]:
    """The paths of fields that the SDK doesn't know, of an event, a response, a page, a model or an item."""
    return sorted(_unknown(_validated(_adapter_of(data), data, "data"), ""))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _adapter_of(data: Json) -> TypeAdapter[Any]:
    if data.get("type") in EVENTS:
        return _adapter(EVENTS[data["type"]])
    by_object = {"response": Response, "list": ResponseItemList, "model": Model, "conversation": Conversation}
    return _adapter(by_object.get(str(data.get("object")), ResponseItem))


def _unknown(value: object, path: str) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{path}{key}" for key in value.model_extra or {})
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name), f"{path}{name}.")
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from _unknown(entry, f"{path}{index}.")


def _validated(adapter: TypeAdapter[Any], data: Json, what: str) -> Any:
    # As JSON, not as Python objects: what counts is what travels.
    try:
        return adapter.validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        raise Misshapen(what, _faults(error, data)) from None


# --- readable faults: of a union, only the member that was meant -----------------------------------


class _Fault:
    """One of pydantic's errors: its path in the data, and the union members tried on the way there."""

    def __init__(self, error: Mapping[str, Any], data: object) -> None:
        self.kind = str(error["type"])
        self.reason = str(error["msg"])
        self.path: Path = ()
        self.members: dict[Path, str] = {}
        for step in error["loc"]:
            if _has(data, step):
                data = data[step]  # type: ignore[index]  # seen by _has to hold the step
                self.path += (step,)
            elif self.kind == "missing" and step == error["loc"][-1]:
                self.path += (step,)
            else:
                # Unions may nest without a step in the data between them.
                self.members[self.path] = f"{self.members.get(self.path, '')}/{step}"

    def rejects(self) -> Iterator[tuple[Path, str]]:
        """The union members that this fault shows not to be meant."""
        for place, member in self.members.items():
            by_name = self.path == (*place, "type") and self.kind in {"literal_error", "missing"}
            if self.path == place or by_name:
                yield place, member


def _has(data: object, step: str | int) -> bool:
    if isinstance(data, dict):
        return step in data
    return isinstance(data, list) and isinstance(step, int) and step < len(data)


def _faults(error: ValidationError, data: Json) -> list[str]:
    faults = [_Fault(found, data) for found in error.errors(include_url=False, include_input=False)]
    rejected = {pair for fault in faults for pair in fault.rejects()}
    tried: dict[Path, set[str]] = defaultdict(set)
    for fault in faults:
        for place, member in fault.members.items():
            tried[place].add(member)
    lines = [f"{_dotted(fault.path)}: {fault.reason}" for fault in faults if not rejected & set(fault.members.items())]
    hopeless = [place for place, members in tried.items() if all((place, member) in rejected for member in members)]
    lines += [f"{_dotted(place)}: {_at(data, place)} is none of the kinds due here" for place in hopeless]
    return sorted(set(lines))


def _dotted(path: Path) -> str:
    return ".".join(map(str, path)) or "(top)"


def _at(data: Any, path: Path) -> str:
    for step in path:
        data = data[step]
    shown = f"type {data.get('type')!r}" if isinstance(data, dict) else repr(data)
    return shown[:120]
