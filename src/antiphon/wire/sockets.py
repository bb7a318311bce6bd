"""What travels over a WebSocket besides the events of a stream. Counterpart: `server/sockets/`.

Source: `ResponsesClientEvent` and `ResponsesServerEvent` of the official client.
"""

from typing import Any

import msgspec


class SteerRequest(msgspec.Struct, kw_only=True):
    """`response.steer`: input for the response that is under way."""

    previous_response_id: str
    input: msgspec.Raw


class Steer(msgspec.Struct, omit_defaults=True):
    """A submission, as the server names it. `input` goes back with one that came to nothing."""

    previous_response_id: str
    id: str | None = None
    input: msgspec.Raw | None = None


class SteerAccepted(msgspec.Struct, tag="response.steer.accepted"):
    """The server owns the input now."""

    steer: Steer
    sequence_number: int


class SteerPending(msgspec.Struct, tag="response.steer.pending"):
    """The response ended with calls of the client's; the input waits for `required_input`, whose stubs these are."""

    steer: Steer
    sequence_number: int
    required_input: list[dict[str, Any]]
    reason: str = "waiting_for_required_input"


class SteerError(msgspec.Struct):
    """Why input came to nothing."""

    code: str
    message: str
    type: str = "invalid_request_error"


class SteerFailed(msgspec.Struct, tag="response.steer.failed"):
    """The input came to nothing, and is the client's again."""

    steer: Steer
    sequence_number: int
    error: SteerError


SteerEvent = SteerAccepted | SteerPending | SteerFailed


class SocketErrorDetail(msgspec.Struct):
    """The error of a request, as HTTP would have told it."""

    message: str
    type: str
    code: str | None = None
    param: str | None = None


class SocketError(msgspec.Struct, tag="error"):
    """A request that came to nothing before its first event."""

    error: SocketErrorDetail
    status: int
