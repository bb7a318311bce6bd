"""Why a request wasn't found: the nearest interaction, the fields that differ, and what to do.

Bounded in cost: requests of thousands of interactions are ranked by a coarse likeness, and only the best few
are compared field by field. Not here: what counts as equal (`canonical.py`), looking up (`cassette.py`).
"""

import heapq
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import NamedTuple

from antiphon.cassettes.canonical import Json, NotJson, canonical_value, parse_json
from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.ids import canonical_ids
from antiphon.cassettes.interaction import Asked, Interaction
from antiphon.cassettes.likeness import common, flat, likeness, read_value
from antiphon.cassettes.matcher import Matcher, Matching
from antiphon.cassettes.rules import apply_rules, read_rule

RANKED = 5_000
"""Interactions looked at; of a longer tape, the latest."""
COMPARED = 24
SHOWN = 8
AROUND = 32
"""Characters shown on both sides of the first that differs."""
LARGE = 1_000_000
"""Bytes of a request above which it isn't parsed only to be ranked."""

ABSENT = "nothing"

REMEDY = "`--mode auto`"
"""What records a request that is lacking, where nobody says otherwise."""

VOLATILE = (
    (r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "ID"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?", "TIME"),
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r"\d\d?:\d\d(?::\d\d(?:\.\d+)?)?", "TIME"),
    (r"/(?:tmp|var/folders|private)/[\w./+-]+", "FOLDER"),
    (r"[0-9a-f]{16,}", "ID"),
    (r"\d{6,}", "NUMBER"),
)
"""What often changes from run to run without meaning anything, and what it may count as."""

IGNORED = 3
"""Fields that a rule for each is proposed for; when more differ, it is another request."""


class Difference(NamedTuple):
    """A field of the request, as recorded and as asked; `ABSENT` where one side lacks it."""

    path: str
    recorded: str
    asked: str

    def __str__(self) -> str:
        return f"{self.path}: recorded {self.recorded}, asked {self.asked}"


def as_flags(rules: Sequence[str]) -> str:
    """How rules are said on a command line."""
    return " ".join(f"--rule {shlex.quote(rule)}" for rule in rules)


@dataclass(frozen=True, slots=True)
class Remedy:
    """How whoever asked mends a miss: the command that records just what is lacking, and how rules are said."""

    command: str = REMEDY
    rules: Callable[[Sequence[str]], str] = as_flags


def explain_miss(
    cassette: Cassette,
    asked: Asked,
    scope: str = "",
    *,
    repeats: bool = True,
    mend: Remedy = Remedy(),
) -> str:
    """The message of a `CassetteMiss`: what was asked, what comes nearest, what to do."""
    remedy = mend.command
    what = f"{asked.method} {asked.path}" + (f" in the scope {scope!r}" if scope else "")
    equal = cassette.equal(asked, scope)
    if equal and not repeats:
        times = len(equal)
        return (
            f"The cassette {cassette.name} answers {what} {times} {'time' if times == 1 else 'times'}, and all are "
            f"used up: allow repeats (`--repeats yes`), or record the further calls with {remedy}."
        )
    if not cassette.interactions:
        return f"The cassette {cassette.name} is empty, so {what} has no answer: record it with {remedy}."
    if others := cassette.equal(asked):
        return (
            f"The cassette {cassette.name} has no answer to {what}; this very request is there for the scope "
            f"{others[0].scope!r} ({others[0].origin}). Ask in that scope (`X-Antiphon-Scope: {others[0].scope}`), "
            f"take the scope off the recording so that it serves everyone, or record it with {remedy}."
        )
    near = nearest(cassette, asked)
    if near is None:
        return (
            f"The cassette {cassette.name} has {len(cassette)} interactions, none of them for {what}: "
            f"it knows {', '.join(_known_paths(cassette))}. Correct the path, or record it with {remedy}."
        )
    return _explain_nearest(cassette, asked, near, mend)


def nearest(cassette: Cassette, asked: Asked) -> Interaction | None:
    """The interaction most like a request, among those of the same method and path."""
    where = asked.method, canonical_ids(asked.path)
    same = [
        interaction
        for interaction in cassette.interactions[-RANKED:]
        if (interaction.asked.method, canonical_ids(interaction.asked.path)) == where
    ]
    wanted = _fields(asked)
    coarse = heapq.nlargest(COMPARED, same, key=lambda interaction: _coarse(wanted, asked, interaction.asked))
    fields = flat(read_value(asked.body))
    return max(coarse, key=lambda each: likeness(fields, flat(read_value(each.asked.body))), default=None)


def differences(recorded: Asked, asked: Asked, matcher: Matcher = Matcher()) -> list[Difference]:  # noqa: B008 - frozen
    """The fields that count in which two requests differ, in the order of what was asked, long values shortened."""
    found = [
        Difference(path, *_shortened(old, new)) for path, old, new in _differences(recorded.body, asked.body, matcher)
    ]
    # Bytes that are no text, or nothing and an empty object, look alike as fields.
    return found or [Difference("body", f"{len(recorded.body)} bytes", f"{len(asked.body)} others")]


def matching_rules(recorded: Asked, asked: Asked, matcher: Matcher) -> list[str]:
    """Rules that would make two requests equal; none where more is different than rules are for."""
    found = list(_differences(recorded.body, asked.body, matcher))
    proposals = [[f'replace "{pattern}" {text}'] for pattern, text in VOLATILE]
    if len(found) <= IGNORED:
        proposals.append([_field_rule(difference) for difference in found])
    for proposal in proposals:
        wider = replace(matcher, rules=(*matcher.rules, *map(read_rule, proposal)))
        if proposal and wider.key(recorded) == wider.key(asked):
            return proposal
    return []


def _field_rule(difference: Difference) -> str:
    if difference.path == "model" and ABSENT not in difference:
        return f"map model {difference.asked} {difference.recorded}"
    path = difference.path
    return f"ignore {path if shlex.split(path) == [path] else shlex.quote(path)}"


def _differences(recorded: bytes, asked: bytes, matcher: Matcher) -> Iterator[Difference]:
    old, new = (flat(apply_rules(matcher.rules, read_value(body))) for body in (recorded, asked))
    # Which ids a server gave out doesn't count, only which of them are the same.
    old_ids, new_ids = (old, new) if matcher.kind is Matching.EXACT else (_without_ids(old), _without_ids(new))
    for path in [*new, *(path for path in old if path not in new)]:
        if old_ids.get(path) != new_ids.get(path):
            yield Difference(path, old.get(path, ABSENT), new.get(path, ABSENT))


def _without_ids(fields: Mapping[str, str]) -> dict[str, str]:
    # No field has a line break in it: each is written as JSON.
    named = canonical_ids("\n".join(fields.values())).split("\n")
    return dict(zip(fields, named, strict=bool(fields)))


def _explain_nearest(cassette: Cassette, asked: Asked, near: Interaction, mend: Remedy) -> str:
    found = differences(near.asked, asked, cassette.matcher)
    if [difference.path for difference in found] == ["model"]:
        return (
            f"The cassette {cassette.name} has this very request for another model ({near.origin}): "
            f"{found[0]}. Ask for the recorded model, map the name with `--alias`, or record it with {mend.command}."
        )
    lines = [f"  {difference}" for difference in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"  and {len(found) - SHOWN} more")
    scope = f", of the scope {near.scope}" if near.scope else ""
    head = (
        f"The cassette {cassette.name} has no answer to this {asked.method} {asked.path}. "
        f"The nearest of its {len(cassette)} interactions is {near.origin}{scope}; it differs in"
    )
    rules = matching_rules(near.asked, asked, cassette.matcher)
    let = [f"Or let it match: {mend.rules(rules)}"] if rules else []
    return "\n".join([head, *lines, f"Ask as it was recorded, or record it with {mend.command}.", *let])


def _known_paths(cassette: Cassette) -> list[str]:
    paths = {
        f"{interaction.asked.method} {interaction.asked.path}": None for interaction in cassette.interactions.samples
    }
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


def _shortened(recorded: str, asked: str) -> tuple[str, str]:
    start = common(recorded, asked)
    return _around(recorded, start), _around(asked, start)


def _around(text: str, at: int) -> str:
    """`text` with what is far from `at` left out."""
    if len(text) <= 3 * AROUND:
        return text
    first, last = max(0, at - AROUND), at + AROUND
    return f"{'…' if first else ''}{text[first:last]}{'…' if last < len(text) else ''}"
