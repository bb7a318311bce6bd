"""The shape of answers: which members there are, of which types, in which events; no values.

Several answers of one kind have a shape together, since members come and go with what is said. Pure. Counterpart:
`meaning.py`, what an answer says.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from antiphon.cassettes.interaction import Answered
from antiphon.cassettes.meaning import documents

Outline = dict[str, frozenset[str]]
"""Types by place: `chat.completion.chunk choices[].delta.content` is `string`."""

TYPES = {str: "string", bool: "boolean", int: "number", float: "number", list: "array", dict: "object"}


def outline(answers: Iterable[Answered]) -> Outline:
    """The shape of several answers; null says nothing about a type."""
    found: dict[str, set[str]] = {}
    for answered in answers:
        found.setdefault("status", set()).add(str(answered.status))
        found.setdefault("content-type", set()).add(answered.headers.get("content-type", "").partition(";")[0])
        for value in documents(answered):
            kind = str(value.get("type") or value.get("object") or "")
            for path, name in _members(value, ""):
                found.setdefault(f"{kind} {path}".strip(), set()).add(name)
    return {path: frozenset(names) for path, names in found.items()}


def changes(before: Outline, after: Outline) -> list[str]:
    """What is another shape, a line each: `-` for what is gone, `+` for what is new, `~` for another type."""
    gone = [f"- {path}: {_types(before[path])}" for path in before if path not in after]
    new = [f"+ {path}: {_types(after[path])}" for path in after if path not in before]
    other = [
        f"~ {path}: {_types(before[path])} → {_types(after[path])}"
        for path in before
        if path in after and before[path] != after[path]
    ]
    return [*sorted(gone), *sorted(new), *sorted(other)]


def _members(value: Any, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    if value is None:
        return
    if path:
        yield path, TYPES[type(value)]
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _members(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for member in value:
            yield from _members(member, f"{path}[]")


def _types(names: frozenset[str]) -> str:
    return " or ".join(sorted(names))
