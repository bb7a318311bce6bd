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
from antiphon.seen.context import REQUEST

REQUEST_ID = "antiphon.request_id"
log = logging.getLogger("antiphon.requests")
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


def log_json(to: IO[str]) -> logging.Handler:
    """Let everything that is logged be JSON from now on. Gives what `logging` can be told to forget again."""
    lines = logging.StreamHandler(to)
    lines.setFormatter(JsonLines())
    logging.getLogger().addHandler(lines)
    log.setLevel(logging.INFO)
    return lines


def say(message: str, more: dict[str, Any]) -> None:
    """A line about a request or a response: as `log.info` has it, without looking for who calls."""
    if log.isEnabledFor(logging.INFO):
        record = logging.LogRecord(log.name, logging.INFO, "", 0, message, (), None)
        vars(record)[MORE] = more
        log.handle(record)


def logged(hashed: Callable[[str, str], str]) -> Callable[[Account], None]:
    """What logs a line for each run that is over."""

    def take(account: Account) -> None:
        usage, said = account.usage, account.response
        more: dict[str, Any] = {
            "response_id": said.id,
            "project": account.project,
            "model": account.model,
            "outcome": account.outcome,
            "seconds": round(account.ended - account.began, 4),
            "turns": sum(span.kind == "turn" for span in account.spans),
            "tool_calls": sum(span.kind == "tool" for span in account.spans),
        }
        if account.first is not None:
            more["first_token_seconds"] = round(account.first - account.began, 4)
        if usage is not None:
            more |= {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
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
