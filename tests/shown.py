"""What the tests of a run show of the wire: the keys that the compatibility page asks for.

`SHOWN` takes what `judged_http` sees of answers that a server of ours gave, and what a test adds itself; `conftest`
empties it before each test and lets what a test has shown travel with its report (`shown_reports.py`).
Counterpart: `scripts/compatibility.py`.
"""

import json
from collections.abc import Iterator
from typing import Any

from antiphon.testing import parse_sse

Json = dict[str, Any]


class Shown:
    """The keys of one test."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def add(self, *keys: str) -> None:
        """Say that the test shows these."""
        self._keys.update(keys)

    def take(self) -> list[str]:
        """What was shown since the last time."""
        taken, self._keys = sorted(self._keys), set()
        return taken


SHOWN = Shown()


def shown_by(asked: bytes, body: bytes, *, streamed: bool) -> Iterator[str]:
    """What an answer to `POST /v1/responses` shows, that was judged and is right."""
    request: Json = json.loads(asked)
    events = parse_sse(body) if streamed else []
    response: Json = events[-1].get("response", {}) if events else {} if streamed else json.loads(body)
    yield from (f"event:{event['type']}" for event in events)
    yield from (f"output:{item['type']}" for item in response.get("output", []))
    yield from (f"include:{value}" for value in request.get("include") or [])
    yield from (f"tool:{tool['type']}" for tool in request.get("tools") or [])
    items = request.get("input")
    yield from (f"input:{item.get('type') or 'message'}" for item in items or [] if isinstance(item, dict))
    choice = request.get("tool_choice")
    if choice:
        yield f"choice:{choice if isinstance(choice, str) else choice['type']}"
