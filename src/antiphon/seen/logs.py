"""Logs as JSON, a line each: who asked for what, how it ended, what went wrong; without prompts, answers and keys.

A line of a request has its id. Not here: what is logged elsewhere (`logging.getLogger("antiphon")`).
"""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import floor
from operator import itemgetter
from typing import IO, Any

import msgspec
from msgspec import UNSET, UnsetType

from antiphon.seen.account import Account
from antiphon.seen.context import request_id

MORE = "more"
"""Where a record holds members of its own."""


LINE = b'{"time":"%b.%03d+00:00","level":"info","logger":"antiphon.requests",%b'
"""How a line of a request or a response begins: the second, its thousandths, and what is logged."""

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

    They wait to be flushed, so that several leave in one write, in the order of their times.
    """

    def __init__(self, to: IO[str]) -> None:
        super().__init__(to)
        self.setFormatter(JsonLines())
        self._waiting: list[tuple[float, bytes]] = []
        self._second, self._until = 0.0, b"1970-01-01T00:00:00"
        """The second of the last line, and how it is written."""

    def say(self, at: float, line: "Line") -> None:
        """A line about a request or a response, at a time in Unix seconds."""
        try:
            said = _encode(line)
        except UnicodeEncodeError:
            said = json.dumps(msgspec.to_builtins(line)).encode()
        past = at - self._second
        if not 0.0 <= past < 1.0:
            self._second = at // 1
            self._until = datetime.fromtimestamp(self._second, UTC).isoformat()[:-6].encode()
            past = at - self._second
        self._waiting.append((at, LINE % (self._until, floor(past * 1000), said[1:])))

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
                lines.sort(key=itemgetter(0))
                self.stream.write(b"\n".join([*(said for _, said in lines), b""]).decode())
            super().flush()
        finally:
            self.release()


def log_json(to: IO[str]) -> Journal:
    """Let everything that is logged be JSON from now on. Gives what `logging` can be told to forget again."""
    lines = Journal(to)
    logging.getLogger().addHandler(lines)
    return lines


class RequestLine(msgspec.Struct, tag_field="message", tag="request", gc=False):
    """What is logged of an HTTP request. Members that are unset aren't written."""

    request_id: str | UnsetType
    method: str
    path: str
    status: int
    seconds: float
    project: str | None


class ResponseLine(msgspec.Struct, tag_field="message", tag="response", gc=False):
    """What is logged of a response."""

    request_id: str | UnsetType
    response_id: str
    project: str
    model: str
    outcome: str
    seconds: float
    turns: int
    tool_calls: int
    trace_id: str | UnsetType
    first_token_seconds: float | UnsetType
    input_tokens: int | UnsetType
    output_tokens: int | UnsetType
    cost: float | UnsetType
    error: str | UnsetType
    user: str | UnsetType


Line = RequestLine | ResponseLine
Say = Callable[[float, Line], None]
"""As `Journal.say`."""


def short(seconds: float) -> float:
    """To a tenth of a millisecond. By hand: `round` with digits writes the number out and reads it again."""
    return floor(seconds * 1e4 + 0.5) / 1e4


def logged(say: Say, hashed: Callable[[str, str], str]) -> Callable[[Sequence[Account]], None]:
    """What logs a line for each run that is over."""

    def take(accounts: Sequence[Account]) -> None:
        for account in accounts:
            say(account.ended, _line(account, hashed))

    return take


def _line(account: Account, hashed: Callable[[str, str], str]) -> ResponseLine:
    usage, began, first = account.usage, account.began, account.first
    # By position, in the order of the members: by name it would take five times as long.
    return ResponseLine(
        account.request_id or UNSET,
        account.response_id,
        account.project,
        account.model,
        account.outcome,
        short(account.ended - began),
        account.turns,
        account.tool_calls,
        UNSET if account.trace is None else account.trace.id.hex(),
        UNSET if first is None else short(first - began),
        UNSET if usage is None else usage.input_tokens,
        UNSET if usage is None else usage.output_tokens,
        account.cost / 1e6 or UNSET,
        account.error or UNSET,
        hashed(account.project, account.user) if account.user else UNSET,
    )
