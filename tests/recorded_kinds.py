"""The names of a stream's events in short, to hold one stream against a recorded one. Import as `recorded_kinds`."""

import json
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any


def kinds_of(stream: Path | Iterable[Mapping[str, Any]]) -> list[str]:
    """Event names without `response.`, items with their type; deltas that follow each other count once.

    A recording may hold several streams; the first of them is meant.
    """
    events = _events(stream) if isinstance(stream, Path) else stream
    names = [_name(event) for event in events]
    last = next(index for index, name in enumerate(names) if name == "completed")
    return [name for name, group in groupby(names[: last + 1]) for _ in _once(name, group)]


def _once(name: str, group: Iterable[str]) -> list[str]:
    return [name] if name.endswith("delta") else list(group)


def _events(path: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def _name(event: Mapping[str, Any]) -> str:
    name = str(event["type"]).removeprefix("response.")
    return f"{name} {event['item']['type']}" if name.startswith("output_item.") else name
