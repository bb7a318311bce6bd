"""An error as a client library raises it, as the answer that made it raise, and back. Pure.

Llama Stack's recordings tell of an error what the library's exception held: status, message, and the body without
the `error` that was round it. Counterparts: `importers/llama_stack.py`, `exporters/llama_stack.py`.
"""

import json
from typing import Any, Final

import msgspec

from antiphon.cassettes.interaction import End

CLASSES: Final = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}
"""What the official library raises for a status."""

SERVER_ERROR: Final = 500
BUILTIN: Final = {"NotImplementedError": 501, "PermissionError": 403, "ValueError": 400}
"""Statuses of exceptions that don't know one."""
UNREACHABLE, TOO_LATE = 502, 504
BROKEN_OFF: Final = ("Connection", "Disconnect", "Incomplete", "Protocol", "ReadError")

Json = dict[str, Any]


class Raised(msgspec.Struct):
    """An exception, as a recording tells of it: the name of its class, what it says, and what the answer was."""

    type: str = ""
    message: str = ""
    provider: str | None = None
    status_code: int | None = None
    body: Any = None

    @property
    def status(self) -> int:
        """The status of the answer; of an exception without one, what it comes to."""
        if self.status_code is not None:
            return self.status_code
        by_name = {End.TIMEOUT: TOO_LATE, End.CUT: UNREACHABLE}
        return by_name.get(self.end) or BUILTIN.get(self.type, SERVER_ERROR)

    @property
    def end(self) -> End:
        """How a stream ended in which it was raised: it broke off, or it came to its end with an error in it."""
        if "Timeout" in self.type:
            return End.TIMEOUT
        return End.CUT if any(word in self.type for word in BROKEN_OFF) else End.COMPLETE

    @property
    def answer(self) -> bytes:
        """The body of the answer, as JSON."""
        match self.body:
            case dict():
                body = self.body if "error" in self.body else {"error": self.body}
            case _ if self.provider == "ollama":
                body = {"error": self.message}
            case _:
                said = self.body if self.body and isinstance(self.body, str) else self.message
                body = {"error": {"message": said or "The upstream refused, and the recording doesn't say why."}}
        return msgspec.json.encode(body)


def raised_by(status: int, body: bytes) -> Json:
    """What the official library would tell of an answer with this status and body."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = body.decode(errors="replace")
    inner = value.get("error", value) if isinstance(value, dict) else value
    return {
        "category": "provider_sdk",
        "provider": "openai",
        "type": CLASSES.get(status, "InternalServerError" if status >= SERVER_ERROR else "APIStatusError"),
        "message": f"Error code: {status} - {value}",
        "status_code": status,
        "body": inner,
    }
