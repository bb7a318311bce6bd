"""Logs as JSON, a line each: who asked for what, how it ended, what went wrong; without prompts, answers and keys.

A line of a request has its id. Not here: what is logged elsewhere (`logging.getLogger("antiphon")`).
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Any

import msgspec

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

    def say(self, message: str, at: float, request: str | None, more: dict[str, Any]) -> None:
        """A line about a request or a response, at a time in Unix seconds."""
        about = {"request_id": request} if request is not None else {}
        line = {"time": self._written(at), "level": "info", "logger": LOGGER, **about, "message": message, **more}
        try:
            said = _encode(line)
        except (TypeError, UnicodeEncodeError):
            said = json.dumps(line, default=str).encode()
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


Say = Callable[[str, float, str | None, dict[str, Any]], None]
"""As `Journal.say`."""


def short(seconds: float) -> float:
    """To a tenth of a millisecond. By hand: `round` with digits writes the number out and reads it again."""
    return int(seconds * 1e4 + 0.5) / 1e4


def logged(say: Say, hashed: Callable[[str, str], str]) -> Callable[[Account], None]:
    """What logs a line for each run that is over."""

    def take(account: Account) -> None:
        usage, said = account.usage, account.response
        more: dict[str, Any] = {
            "response_id": said.id,
            "project": account.project,
            "model": account.model,
            "outcome": account.outcome,
            "seconds": short(account.ended - account.began),
            "turns": account.turns,
            "tool_calls": account.tool_calls,
        }
        if account.first is not None:
            more["first_token_seconds"] = short(account.first - account.began)
        if usage is not None:
            more["input_tokens"], more["output_tokens"] = usage.input_tokens, usage.output_tokens
        if account.cost:
            more["cost"] = account.cost / 1e6
        if account.error:
            more["error"] = account.error
        if user := said.safety_identifier or said.user:
            more["user"] = hashed(account.project, user)
        if account.trace is not None:
            more["trace_id"] = account.trace.id.hex()
        say("response", account.ended, account.request_id, more)

    return take
