"""Steering: input for a response that is under way, which waits until a successor of it can begin.

Pure, but for the ids it takes from `Sources`. Not here: sending events and beginning successors (`connection.py`).
Source: `ResponseSteerEvent` of the official client.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from antiphon.sources import Sources
from antiphon.wire.sockets import Steer, SteerAccepted, SteerError, SteerEvent, SteerFailed, SteerPending, SteerRequest

MOST = 16
"""Submissions that may wait for one response."""

PARTS = frozenset({"input_text", "input_image", "input_file"})
FIELDS = frozenset({"type", "role", "content"})

Stubs = Sequence[dict[str, Any]]
"""What the client has to send, but for its values."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An accepted submission and its messages."""

    steer: Steer
    given: msgspec.Raw
    messages: list[dict[str, Any]]


class Steering:
    """All submissions of a connection that wait, by the response they are for."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._numbers = 0
        self._active: set[str] = set()
        self._waiting: dict[str, list[Waiting]] = {}

    def begin(self, response_id: str) -> None:
        """A response that may be steered is under way."""
        self._active.add(response_id)

    def take(self, request: SteerRequest, *, known: bool, required: Stubs | None) -> list[SteerEvent]:
        """What to answer to a submission. `known`: the response has ended here; `required`: it waits for the client."""
        response_id = request.previous_response_id
        active = response_id in self._active
        messages = _messages(request.input)
        fault = None
        if not (active or known):
            fault = "response_not_found", "No response of this connection has this id."
        elif not active and required is None:
            fault = "response_already_completed", "The response has ended. Continue it with response.create."
        elif messages is None:
            fault = "invalid_input", "Send a string, or user messages of text, images and files."
        elif len(self._waiting.get(response_id, ())) >= MOST:
            fault = "too_many_pending_steers", f"{MOST} submissions wait for this response already."
        if fault is not None or messages is None:
            return [self._failed(Steer(response_id, input=request.input), *(fault or ("invalid_input", "")))]
        steer = Steer(response_id, self._sources.ids("steer"))
        self._waiting.setdefault(response_id, []).append(Waiting(steer, request.input, messages))
        events: list[SteerEvent] = [SteerAccepted(steer, self._number())]
        if not active and required is not None:
            events.append(SteerPending(steer, self._number(), list(required)))
        return events

    def ended(self, response_id: str, required: Stubs | None) -> list[SteerEvent]:
        """A response ended well. What was submitted for it waits for the client, or can be used (`use`)."""
        self._active.discard(response_id)
        if required is None:
            return []
        waiting = self._waiting.get(response_id, ())
        return [SteerPending(one.steer, self._number(), list(required)) for one in waiting]

    def use(self, response_id: str | None) -> list[Waiting]:
        """What waits for a response, now used by its successor."""
        return self._waiting.pop(response_id, []) if response_id else []

    def lost(self, response_id: str) -> list[SteerEvent]:
        """A response came to nothing, and with it what was submitted for it."""
        self._active.discard(response_id)
        return self.failed(self.use(response_id), "response_not_active", "The response ended without an answer.")

    def failed(self, waiting: Sequence[Waiting], code: str, message: str) -> list[SteerEvent]:
        """Submissions go back to the client."""
        return [self._failed(_with_input(one), code, message) for one in waiting]

    def refused(self, request: SteerRequest, code: str, message: str) -> list[SteerEvent]:
        """A submission that can't be taken, whatever becomes of its response."""
        return [self._failed(Steer(request.previous_response_id, input=request.input), code, message)]

    def _failed(self, steer: Steer, code: str, message: str) -> SteerFailed:
        return SteerFailed(steer, self._number(), SteerError(code, message))

    def _number(self) -> int:
        """The numbers of these events are the connection's own: a response's events are numbered without them."""
        self._numbers += 1
        return self._numbers - 1


def _with_input(waiting: Waiting) -> Steer:
    return Steer(waiting.steer.previous_response_id, waiting.steer.id, waiting.given)


def _messages(given: msgspec.Raw) -> list[dict[str, Any]] | None:
    """Submitted input as messages; None for what may not be submitted."""
    value = msgspec.json.decode(given)
    if isinstance(value, str):
        return [{"type": "message", "role": "user", "content": value}]
    if not isinstance(value, list) or not value or not all(map(_is_user_message, value)):
        return None
    return [{"type": "message", **message} for message in value]


def _is_user_message(value: object) -> bool:
    if not isinstance(value, dict) or not value.keys() <= FIELDS or value.get("role") != "user":
        return False
    content = value.get("content")
    parts = [{"type": "input_text"}] if isinstance(content, str) else content
    fit = isinstance(parts, list) and all(isinstance(part, dict) and part.get("type") in PARTS for part in parts)
    return fit and bool(parts) and value.get("type", "message") == "message"
