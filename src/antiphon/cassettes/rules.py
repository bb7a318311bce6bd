r"""Rules: what of a request doesn't count when it is compared. Each is a line of text, the same in every place.

    ignore PATH               the field doesn't count: `ignore metadata.trace_id`
    map PATH [FROM] TO        its value counts as TO, if it is FROM: `map model gpt-4o gpt-5`
    replace REGEX TEXT [PATH] in strings, what matches counts as TEXT: `replace '\d{4}-\d\d-\d\d' DATE`

A PATH is spelled as in the message of a miss, `messages[1].content`; `[*]` is every element, `*` every member.
Rules hold for both sides and change nothing that is sent or written. Counterpart: `matcher.py`, which applies them.
"""

import json
import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from antiphon.cassettes.canonical import Json
from antiphon.errors import ConfigFault

Step = str | int
Change = Callable[[Json], Json]

EVERY = "*"
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+|\*)\]")
_SYNTAX = "say 'ignore PATH', 'map PATH [FROM] TO' or 'replace REGEX TEXT [PATH]'"


class _Gone:
    """What an ignored field becomes: left out of its object or list."""


_GONE = _Gone()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready to be applied; `text` is how it was written."""

    text: str
    path: tuple[Step, ...]
    change: Callable[[Json], Json | _Gone]

    def apply(self, value: Json) -> Json:
        """`value`, a canonical body, as it counts."""
        changed = _changed(value, self.path, self.change)
        return None if isinstance(changed, _Gone) else changed


def read_rule(text: str) -> Rule:
    """A rule from its text. Raises `ConfigFault`."""
    try:
        match shlex.split(text):
            case ["ignore", path]:
                return Rule(text, _steps(path), lambda _: _GONE)
            case ["map", path, to]:
                return Rule(text, _steps(path), lambda _: _literal(to))
            case ["map", path, old, to]:
                return Rule(text, _steps(path), lambda value: _literal(to) if value == _literal(old) else value)
            case ["replace", pattern, replacement, *path] if len(path) <= 1:
                return Rule(text, _steps("".join(path)), _replacing(re.compile(pattern), replacement))
    except (ValueError, re.error) as error:
        raise ConfigFault(f"The rule {text!r} can't be read: {error}.") from None
    raise ConfigFault(f"The rule {text!r} is none: {_SYNTAX}.")


def apply_rules(rules: Iterable[Rule], value: Json) -> Json:
    """`value` under all rules, in their order."""
    for rule in rules:
        value = rule.apply(value)
    return value


def _steps(path: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        if not found:
            raise ValueError(f"{path!r} is no path such as messages[1].content")
        name, index = found.groups()
        steps.append(name or (int(index) if index.isdigit() else EVERY))
        at = found.end()
    return tuple(steps)


def _changed(value: Json, path: tuple[Step, ...], change: Callable[[Json], Json | _Gone]) -> Json | _Gone:
    if not path:
        return change(value)
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        pairs = ((name, _at(name, member, step, rest, change)) for name, member in value.items())
        return {name: member for name, member in pairs if not isinstance(member, _Gone)}
    if isinstance(value, list):
        members = (_at(number, member, step, rest, change) for number, member in enumerate(value))
        return [member for member in members if not isinstance(member, _Gone)]
    return value


def _at(
    place: Step, member: Json, step: Step, rest: tuple[Step, ...], change: Callable[[Json], Json | _Gone]
) -> Json | _Gone:
    return _changed(member, rest, change) if step in {place, EVERY} else member


def _replacing(pattern: re.Pattern[str], replacement: str) -> Change:
    def replace(value: Json) -> Json:
        if isinstance(value, str):
            return pattern.sub(replacement, value)
        if isinstance(value, list):
            return [replace(member) for member in value]
        if isinstance(value, dict):
            return {name: replace(member) for name, member in value.items()}
        return value

    return replace


def _literal(text: str) -> Json:
    """A value as a person writes it: JSON, else a text."""
    try:
        value: Json = json.loads(text)
    except ValueError:
        return text
    return value
