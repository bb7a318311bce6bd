"""How alike two requests are: their fields by path, and a number from 0 to 1.

Pure. Not here: what is said of it (`matching.py`). Counterpart: `cassette.py`, which breaks ties by it.
"""

import json
from collections.abc import Iterator
from itertools import takewhile

from antiphon.cassettes.canonical import Json, NotJson, canonical_value, parse_json


def read_value(body: bytes) -> Json:
    """The canonical value of a body; bytes that aren't JSON as text, nothing as an empty object."""
    try:
        return canonical_value(parse_json(body)) if body else {}
    except NotJson:
        return body.decode(errors="replace")


def flat(value: Json) -> dict[str, str]:
    """Each field of a value by its path, as text: `messages[1].content` -> `"hello"`."""
    return dict(_walk(value, ""))


def likeness(one: dict[str, str], other: dict[str, str]) -> float:
    """The share of the fields that both have alike; texts that differ count by how they begin and end."""
    alike = sum(_text_likeness(one[path], other[path]) for path in other if path in one)
    return (alike + 1) / (len(one.keys() | other.keys()) + 1)


def common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _text_likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    shorter, longer = sorted((len(one), len(other)))
    start = common(one, other)
    end = min(common(one[::-1], other[::-1]), shorter - start)
    return (start + end) / (longer + 1)


def _walk(value: Json, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from _walk(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for number, member in enumerate(value):
            yield from _walk(member, f"{path}[{number}]")
    elif path or value:
        yield path or "body", json.dumps(value, ensure_ascii=False)
