"""Logs as JSON, a line each: who asked for what, how it ended, what went wrong; without prompts, answers and keys.

A line of a request has its id. Not here: what is logged elsewhere (`logging.getLogger("antiphon")`).
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Any

import msgspec

from antiphon.seen.account import Account
from antiphon.seen.context import REQUEST

REQUEST_ID = "antiphon.request_id"
LOGGER = "antiphon.requests"
SOON = 0.05
"""Seconds that a line may wait for others."""
AT_ONCE = 64
MORE = "more"
"""Where a record holds members of its own."""


_encode = msgspec.json.Encoder().encode


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": when, "level": record.levelname.lower(), "logger": record.name}
        if request_id := (REQUEST.get() or {}).get(REQUEST_ID):
            line["request_id"] = str(request_id)
        line |= {"message": record.getMessage(), **getattr(record, MORE, {})}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return _encode(line).decode()
        except (TypeError, UnicodeEncodeError):
            return json.dumps(line, default=str)


class Journal(logging.StreamHandler[IO[str]]):
    """Where lines go: those of requests and responses straight, without a record of `logging` for each.

    Under load several lines leave in one write, `SOON` seconds after the first of them at the latest.
    """

    def __init__(self, to: IO[str]) -> None:
        super().__init__(to)
        self.setFormatter(JsonLines())
        self._waiting: list[bytes] = []
        self._second = (0, "")

    def say(self, message: str, more: dict[str, Any]) -> None:
        """A line about a request or a response."""
        request = REQUEST.get()
        request_id = request.get(REQUEST_ID) if request is not None else None
        about = {"request_id": str(request_id)} if request_id else {}
        line = {"time": self._now(), "level": "info", "logger": LOGGER, **about, "message": message, **more}
        try:
            said = _encode(line)
        except (TypeError, UnicodeEncodeError):
            said = json.dumps(line, default=str).encode()
        self._waiting.append(said)
        if len(self._waiting) == 1:
            self._flush_soon()
        elif len(self._waiting) >= AT_ONCE:
            self.flush()

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

    def _flush_soon(self) -> None:
        try:
            asyncio.get_running_loop().call_later(SOON, self.flush)
        except RuntimeError:
            self.flush()

    def _now(self) -> str:
        """As ISO 8601 has it; what stays the same for a second is kept for it."""
        now = time.time()
        second = int(now)
        if self._second[0] != second:
            self._second = (second, datetime.fromtimestamp(second, UTC).isoformat()[:-6])
        return f"{self._second[1]}.{int((now - second) * 1000):03d}+00:00"


def log_json(to: IO[str]) -> Journal:
    """Let everything that is logged be JSON from now on. Gives what `logging` can be told to forget again."""
    lines = Journal(to)
    logging.getLogger().addHandler(lines)
    return lines


Say = Callable[[str, dict[str, Any]], None]


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
        say("response", more)

    return take
