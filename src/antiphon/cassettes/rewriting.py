"""Cassettes made from cassettes: written as a whole, pruned, redacted again, merged, split.

Interactions go in and come out; only `write_cassette` touches a file. Not here: recording, which appends
(`recorder.py`). Counterpart: `terminal/cassette.py`, the commands.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from antiphon.cassettes.bodies import Bodies
from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.format import encode_header, encode_interaction
from antiphon.cassettes.interaction import Interaction
from antiphon.cassettes.matcher import Matching
from antiphon.cassettes.packing import is_packed, pack
from antiphon.cassettes.redaction import redact_answer, redact_request
from antiphon.cassettes.shapes import Known
from antiphon.errors import ConfigFault
from antiphon.transport import HttpRequest

SPLITS: dict[str, Callable[[Interaction], str]] = {
    "scope": lambda each: each.scope or "everyone",
    "upstream": lambda each: each.asked.upstream or "unknown",
    "path": lambda each: each.asked.path.partition("?")[0].strip("/"),
}
"""What a cassette can be split by."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of a cassette that is written: its clock, how requests are compared, what shall go wrong."""

    start: int
    match: Matching | None = None
    rules: Sequence[str] = ()
    faults: Sequence[str] = ()
    redact: Sequence[str] = ()


def head_of(cassette: Cassette) -> Head:
    """The first line that says what a cassette's says."""
    matcher = cassette.matcher
    kind = None if matcher.kind is Matching.CANONICAL else matcher.kind
    return Head(
        cassette.start, kind, [rule.text for rule in matcher.rules], tuple(cassette.faults), tuple(cassette.redact)
    )


def write_cassette(path: Path, head: Head, interactions: Iterable[Interaction]) -> int:
    """Write a whole cassette, in place of what was there; returns how many interactions it has.

    The file is replaced when the new one is complete, so the interactions may be those of the old one; after that,
    large bodies that it doesn't name are taken away. Raises
    `ConfigFault` if it can't be written.
    """
    part = path.with_name(f"{path.name}.part")
    count, bodies = 0, Bodies.of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        coded = pack if is_packed(path) else bytes
        with part.open("wb") as file:
            file.write(coded(encode_header(head.start, head.match, head.rules, head.faults, head.redact)))
            for count, each in enumerate(interactions, 1):
                lines = encode_interaction(
                    count, each.asked, each.load(), take=each.take, scope=each.scope, bodies=bodies
                )
                file.write(coded(lines))
        part.replace(path)
        bodies.sweep()
    except OSError as error:
        raise ConfigFault(f"The cassette {path} can't be written: {error.strerror}.") from error
    return count


def reachable(cassette: Cassette) -> list[Interaction]:
    """What some request can be answered with: no earlier takes, and nothing that was left where there is better."""
    return [each for each in cassette.interactions if each in cassette.equal(each.asked, each.scope)]


def redacted(interaction: Interaction, more: Sequence[Known] = ()) -> Interaction:
    """An interaction without what today's redaction takes out, and without `more`."""
    asked, answered = interaction.asked, interaction.load()
    request = HttpRequest(asked.method, asked.url, asked.upstream, asked.headers, asked.body, path=asked.path)
    clean = redact_answer(answered, more)
    return replace(interaction, asked=redact_request(request, more), load=lambda: clean)


def merged(cassettes: Iterable[Cassette]) -> list[Interaction]:
    """The interactions of several cassettes, one after another, each as it would be replayed alone."""
    return [replace(each, take=1) for cassette in cassettes for each in reachable(cassette)]


def split(cassette: Cassette, by: str) -> dict[str, list[Interaction]]:
    """A cassette's interactions by scope, upstream or path, under names that files can have."""
    parts: dict[str, list[Interaction]] = {}
    for each in cassette.interactions:
        name = re.sub(r"[^\w.-]+", "-", SPLITS[by](each)).strip("-.") or "other"
        parts.setdefault(name, []).append(each)
    return parts
