"""What one connection remembers of its responses, so that those that aren't stored can be continued on it.

Not here: stored responses (`store/`). Counterpart: `connection.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.engine.input import Item
from antiphon.wire.events import Event, ResponseCompleted, ResponseIncomplete
from antiphon.wire.responses import Response

MOST = 64
"""Responses remembered at a time; the oldest is forgotten first."""

_STUBS: Mapping[str, Mapping[str, str]] = {
    "function_call": {"type": "function_call_output", "call_id": "call_id", "name": "name"},
    "custom_tool_call": {"type": "custom_tool_call_output", "call_id": "call_id"},
    "computer_call": {"type": "computer_call_output", "call_id": "call_id"},
    "shell_call": {"type": "shell_call_output", "call_id": "call_id"},
    "apply_patch_call": {"type": "apply_patch_call_output", "call_id": "call_id"},
    "tool_search_call": {"type": "tool_search_output", "call_id": "call_id"},
    "mcp_approval_request": {"type": "mcp_approval_response", "approval_request_id": "id"},
}
"""By the type of a call that the client answers: the type of its answer, and from which fields the stub is made."""

_WITHOUT_STUB = frozenset({"local_shell_call"})


@dataclass(frozen=True, slots=True)
class Kept:
    """One response: all items up to its end, unless the store has them (`stored`).

    `required` are stubs of what the client has to send before it can go on, None where it ended without that.
    """

    items: list[Item]
    stored: bool
    required: list[dict[str, Any]] | None = None


class Memory:
    """The responses of one connection, by id."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: dict[str, Kept] = {}

    def keep(self, response_id: str, kept: Kept) -> None:
        """Remember a response; the oldest makes room."""
        while len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[response_id] = kept

    def find(self, response_id: str | None) -> Kept | None:
        """A response that is remembered."""
        return self._kept.get(response_id) if response_id else None

    def forget(self, response_id: str | None) -> None:
        """A continuation failed: what it continued isn't trusted any more."""
        if response_id:
            self._kept.pop(response_id, None)


def ended_well(event: Event | None) -> Response | None:
    """The response of a terminal event that can be continued."""
    return event.response if isinstance(event, ResponseCompleted | ResponseIncomplete) else None


def required_input(response: Response) -> list[dict[str, Any]] | None:
    """Stubs of what the client has to send; None where nothing waits for it."""
    stubs: list[dict[str, Any]] = []
    waits = False
    for raw in response.output:
        item = msgspec.json.decode(raw, type=dict[str, Any])
        kind = item.get("type", "")
        fields = _STUBS.get(kind)
        if kind in _WITHOUT_STUB:
            waits = True
        elif fields is not None and not (kind == "tool_search_call" and item.get("execution") != "client"):
            waits = True
            stub = {name: value if name == "type" else item.get(value) for name, value in fields.items()}
            stubs.append(stub | {"execution": "client"} if kind == "tool_search_call" else stub)
    return stubs if waits else None
