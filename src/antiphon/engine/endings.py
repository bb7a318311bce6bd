"""How a run ends: the last event for each state, and what an error is in a response and in a stream.

Pure. Counterpart: `run.py`, which ends.
"""

from typing import Any

from antiphon.engine.state import State
from antiphon.errors import AntiphonError, ContextTooLong, UpstreamRefused
from antiphon.wire import events as ev
from antiphon.wire.responses import ResponseError

TERMINAL: dict[State, type[ev.ResponseCompleted | ev.ResponseIncomplete | ev.ResponseFailed]] = {
    State.COMPLETED: ev.ResponseCompleted,
    State.INCOMPLETE: ev.ResponseIncomplete,
    State.FAILED: ev.ResponseFailed,
    State.CANCELLED: ev.ResponseIncomplete,
}
HTTP_TOO_MANY = 429


def response_error(error: AntiphonError) -> ResponseError:
    """The nearest code of the API's list; the upstream's own stands in the `error` event."""
    limited = isinstance(error, UpstreamRefused) and error.upstream_status == HTTP_TOO_MANY
    code = "rate_limit_exceeded" if limited or error.code == "rate_limit_exceeded" else "server_error"
    if isinstance(error, ContextTooLong):
        # Not one of the list's server's faults, after which clients try the same again.
        code = "invalid_prompt"
    return ResponseError(code=code, message=error.message)


def error_event(error: AntiphonError) -> ev.StreamError:
    """The event that stands before `response.failed`."""
    fields: dict[str, Any] = {"code": error.code or error.type, "message": error.message, "param": error.param}
    return ev.StreamError(**fields, error={"type": error.type, **fields})
