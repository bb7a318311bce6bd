"""Logs as JSON, a line each: who asked for what, how it ended, what went wrong; without prompts, answers and keys.

A line of a request has its id. Not here: what is logged elsewhere (`logging.getLogger("antiphon")`).
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Any

import msgspec
from msgspec import UNSET, UnsetType

from antiphon.seen.account import Account
from antiphon.seen.context import request_id

LOGGER = "antiphon.requests"
MORE = "more"
"""Where a record holds members of its own."""


_encode = msgspec.json.Encoder().encode


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": when, "level": record.levelname.lower(), "logger": record.name}
        if (request := request_id()) is not None:
            line["request_id"] = request
        line |= {"message": record.getMessage(), **getattr(record, MORE, {})}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return _encode(line).decode()
        except (TypeError, UnicodeEncodeError):
            return json.dumps(line, default=str)


class Journal(logging.StreamHandler[IO[str]]):
    """Where lines go: those of requests and responses straight, without a record of `logging` for each.

    They wait to be flushed, so that several leave in one write.
    """

    def __init__(self, to: IO[str]) -> None:
        super().__init__(to)
        self.setFormatter(JsonLines())
        self._waiting: list[bytes] = []
        self._second = (0, "")

    def say(self, at: float, line: "Line") -> None:
        """A line about a request or a response, at a time in Unix seconds."""
        line.time = self._written(at)
        try:
            said = _encode(line)
        except UnicodeEncodeError:
            said = json.dumps(msgspec.to_builtins(line)).encode()
        self._waiting.append(said)

    def emit(self, record: logging.LogRecord) -> None:
        """A line of another kind; what waits goes before it."""
        self.flush()
        super().emit(record)

    def flush(self) -> None:
        """Write what waits."""
        self.acquire()
        try:
            lines, self._waiting = self._waiting, []
            if lines:
                self.stream.write(b"\n".join((*lines, b"")).decode())
            super().flush()
        finally:
            self.release()

    def _written(self, at: float) -> str:
        """As ISO 8601 has it; what stays the same for a second is kept for it."""
        second = int(at)
        if self._second[0] != second:
            self._second = (second, datetime.fromtimestamp(second, UTC).isoformat()[:-6])
        return f"{self._second[1]}.{int((at - second) * 1000):03d}+00:00"


def log_json(to: IO[str]) -> Journal:
    """Let everything that is logged be JSON from now on. Gives what `logging` can be told to forget again."""
    lines = Journal(to)
    logging.getLogger().addHandler(lines)
    return lines


class Line(msgspec.Struct, kw_only=True, gc=False):
    """How each line begins; members that are unset aren't written. `time` is put in where it is said."""

    time: str = ""
    level: str = "info"
    logger: str = LOGGER
    request_id: str | UnsetType
    message: str


class RequestLine(Line, kw_only=True, gc=False):
    """What is logged of an HTTP request."""

    method: str
    path: str
    status: int
    seconds: float
    project: str | None


class ResponseLine(Line, kw_only=True, gc=False):
    """What is logged of a response."""

    response_id: str
    project: str
    model: str
    outcome: str
    seconds: float
    turns: int
    tool_calls: int
    trace_id: str | UnsetType
    first_token_seconds: float | UnsetType = UNSET
    input_tokens: int | UnsetType = UNSET
    output_tokens: int | UnsetType = UNSET
    cost: float | UnsetType = UNSET
    error: str | UnsetType = UNSET
    user: str | UnsetType = UNSET


Say = Callable[[float, Line], None]
"""As `Journal.say`."""


def short(seconds: float) -> float:
    """To a tenth of a millisecond. By hand: `round` with digits writes the number out and reads it again."""
    return int(seconds * 1e4 + 0.5) / 1e4


def logged(say: Say, hashed: Callable[[str, str], str]) -> Callable[[Account], None]:
    """What logs a line for each run that is over."""

    def take(account: Account) -> None:
        usage, said = account.usage, account.response
        line = ResponseLine(
            request_id=account.request_id or UNSET,
            message="response",
            response_id=said.id,
            project=account.project,
            model=account.model,
            outcome=account.outcome,
            seconds=short(account.ended - account.began),
            turns=account.turns,
            tool_calls=account.tool_calls,
            trace_id=account.trace.id.hex() if account.trace is not None else UNSET,
        )
        if account.first is not None:
            line.first_token_seconds = short(account.first - account.began)
        if usage is not None:
            line.input_tokens, line.output_tokens = usage.input_tokens, usage.output_tokens
        if account.cost:
            line.cost = account.cost / 1e6
        if account.error:
            line.error = account.error
        if user := said.safety_identifier or said.user:
            line.user = hashed(account.project, user)
        say(account.ended, line)

    return take
