"""Why a request wasn't found: the nearest interaction, the fields that differ, and what to do.

Bounded in cost: requests of thousands of interactions are ranked by a coarse likeness, and only the best few
are compared field by field. Not here: what counts as equal (`canonical.py`), looking up (`cassette.py`).
"""

import heapq
import json
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import NamedTuple

from antiphon.cassettes.canonical import Json, NotJson, canonical_value, parse_json
from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.interaction import Asked, Interaction

RANKED = 5_000
"""Interactions looked at; of a longer tape, the latest."""
COMPARED = 24
SHOWN = 8
AROUND = 32
"""Characters shown on both sides of the first that differs."""
LARGE = 1_000_000
"""Bytes of a request above which it isn't parsed only to be ranked."""

ABSENT = "nothing"


class Difference(NamedTuple):
    """A field of the request, as recorded and as asked; `ABSENT` where one side lacks it."""

    path: str
    recorded: str
    asked: str

    def __str__(self) -> str:
        return f"{self.path}: recorded {self.recorded}, asked {self.asked}"


def explain_miss(cassette: Cassette, asked: Asked, scope: str = "", *, repeats: bool = True) -> str:
    """The message of a `CassetteMiss`: what was asked, what comes nearest, what to do."""
    what = f"{asked.method} {asked.path}" + (f" in the scope {scope!r}" if scope else "")
    equal = cassette.equal(asked, scope)
    if equal and not repeats:
        times = len(equal)
        return (
            f"The cassette {cassette.name} answers {what} {times} {'time' if times == 1 else 'times'}, and all are "
            "used up: allow repeats (`--repeats yes`), or record the further calls with `--mode auto`."
        )
    if not cassette.interactions:
        return f"The cassette {cassette.name} is empty, so {what} has no answer: record it with `--mode auto`."
    if others := cassette.equal(asked):
        return (
            f"The cassette {cassette.name} has no answer to {what}; this very request is there for the scope "
            f"{others[0].scope!r} ({others[0].origin}). Ask in that scope (`X-Antiphon-Scope: {others[0].scope}`), "
            "take the scope off the recording so that it serves everyone, or record it with `--mode auto`."
        )
    near = nearest(cassette, asked)
    if near is None:
        return (
            f"The cassette {cassette.name} has {len(cassette)} interactions, none of them for {what}: "
            f"it knows {', '.join(_known_paths(cassette))}. Correct the path, or record it with `--mode auto`."
        )
    return _explain_nearest(cassette, asked, near, what)


def nearest(cassette: Cassette, asked: Asked) -> Interaction | None:
    """The interaction most like a request, among those of the same method and path."""
    same = [
        interaction
        for interaction in cassette.interactions[-RANKED:]
        if (interaction.asked.method, interaction.asked.path) == (asked.method, asked.path)
    ]
    wanted = _fields(asked)
    coarse = heapq.nlargest(COMPARED, same, key=lambda interaction: _coarse(wanted, asked, interaction.asked))
    return max(coarse, key=lambda interaction: _likeness(asked, interaction.asked), default=None)


def differences(recorded: Asked, asked: Asked) -> list[Difference]:
    """The fields in which two requests differ, in the order of what was asked, long values shortened."""
    old, new = _flat(recorded), _flat(asked)
    paths = [*new, *(path for path in old if path not in new)]
    found = [
        Difference(path, *_shortened(old.get(path, ABSENT), new.get(path, ABSENT)))
        for path in paths
        if old.get(path) != new.get(path)
    ]
    # Bytes that are no text, or nothing and an empty object, look alike as fields.
    return found or [Difference("body", f"{len(recorded.body)} bytes", f"{len(asked.body)} others")]


def _explain_nearest(cassette: Cassette, asked: Asked, near: Interaction, what: str) -> str:
    found = differences(near.asked, asked)
    if [difference.path for difference in found] == ["model"]:
        return (
            f"The cassette {cassette.name} has this very request for another model ({near.origin}): "
            f"{found[0]}. Ask for the recorded model, map the name with `--alias`, or record it with `--mode auto`."
        )
    lines = [f"  {difference}" for difference in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"  and {len(found) - SHOWN} more")
    scope = f", of the scope {near.scope}" if near.scope else ""
    head = (
        f"The cassette {cassette.name} has no answer to this {what}. The nearest of its {len(cassette)} "
        f"interactions is {near.origin}{scope}; it differs in"
    )
    return "\n".join(
        [
            head,
            *lines,
            "Ask as it was recorded, or record it with `--mode auto`.",
        ]
    )


def _known_paths(cassette: Cassette) -> list[str]:
    paths = {f"{interaction.asked.method} {interaction.asked.path}": None for interaction in cassette.interactions}
    shown = list(paths)[:SHOWN]
    return [*shown, f"and {len(paths) - SHOWN} more"] if len(paths) > SHOWN else shown


def _fields(asked: Asked) -> Mapping[str, Json]:
    if len(asked.body) > LARGE:
        return {}
    try:
        value = canonical_value(parse_json(asked.body))
    except NotJson:
        return {}
    return value if isinstance(value, dict) else {"": value}


def _coarse(wanted: Mapping[str, Json], asked: Asked, recorded: Asked) -> float:
    """Likeness by whole members: the model counts double, a list by how far both begin alike and end alike."""
    fields = _fields(recorded)
    score = 2.0 if fields.get("model") == wanted.get("model") else 0.0
    for name, value in wanted.items():
        score += _member_likeness(value, fields.get(name))
    surplus = len(fields.keys() - wanted.keys())
    length = abs(len(asked.body) - len(recorded.body)) / (len(asked.body) + len(recorded.body) + 1)
    return score - 0.5 * surplus - length


def _member_likeness(one: Json, other: Json) -> float:
    if one == other:
        return 1.0
    if not (isinstance(one, list) and isinstance(other, list) and one and other):
        return 0.0
    start = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return (start + (one[-1] == other[-1])) / (max(len(one), len(other)) + 1)


def _likeness(asked: Asked, recorded: Asked) -> float:
    """The share of the fields that both have alike; texts that differ count by how they begin and end."""
    old, new = _flat(recorded), _flat(asked)
    alike = sum(_text_likeness(old[path], new[path]) for path in new if path in old)
    return (alike + 1) / (len(old.keys() | new.keys()) + 1)


def _text_likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0
    shorter, longer = sorted((len(one), len(other)))
    start = _common(one, other)
    end = min(_common(one[::-1], other[::-1]), shorter - start)
    return (start + end) / (longer + 1)


def _common(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _flat(asked: Asked) -> dict[str, str]:
    """Each field of a body by its path, as text: `messages[1].content` -> `"hello"`."""
    try:
        value = canonical_value(parse_json(asked.body)) if asked.body else {}
    except NotJson:
        value = asked.body.decode(errors="replace")
    return dict(_walk(value, ""))


def _walk(value: Json, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from _walk(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for number, member in enumerate(value):
            yield from _walk(member, f"{path}[{number}]")
    elif path or value:
        yield path or "body", json.dumps(value, ensure_ascii=False)


def _shortened(recorded: str, asked: str) -> tuple[str, str]:
    start = _common(recorded, asked)
    return _around(recorded, start), _around(asked, start)


def _around(text: str, at: int) -> str:
    """`text` with what is far from `at` left out."""
    if len(text) <= 3 * AROUND:
        return text
    first, last = max(0, at - AROUND), at + AROUND
    return f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"
