"""The events of a stream as they were sent, each with its time, to be looked at and played again. Pure.

Counterpart: `runner/timeline.py`, which kept the bytes; `static/scrub.js`, which plays.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST = 4_000
"""Events that a page takes."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An event: milliseconds after the start, its type, and its JSON."""

    ms: int
    type: str
    data: dict[str, Any]


def events(written: Iterable[tuple[float, bytes]], began: float) -> list[Sent]:
    """The events that the pieces of a stream hold, which may be cut anywhere."""
    found: list[Sent] = []
    rest = b""
    for at, body in written:
        *whole, rest = (rest + body).split(b"\n\n")
        for message in whole:
            event = _event(message)
            if event is not None:
                found.append(Sent(round((at - began) * 1000), str(event.get("type", "")), event))
    return found


def _event(message: bytes) -> dict[str, Any] | None:
    data = b"\n".join(line[5:].strip() for line in message.split(b"\n") if line.startswith(b"data:"))
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
