"""Faults that a replay puts in where a rule says so: `status 429 retry-after=2 nth=1`. Each rule is a line of text.

    status CODE [retry-after=SECONDS]   this status instead of the answer
    delay TIME                          the answer comes later: `delay 500ms`, `delay 2s`
    cut [N]                             the connection breaks after N events
    garbage [N]                         something that can't be read comes after N events
    stall [N] [for=TIME]                after N events nothing comes any more, for 300s

Which requests: `path=`, `model=` and `scope=` with patterns such as `/v1/chat/*`; `nth=1`, `nth=2-`, `nth=1,3-5`,
counted among equal requests of a scope; `p=0.2`, a chance that follows from the rule, its `seed=`, the request and how
often it came, so that every run has the same faults. The first rule that applies counts. Pure. Counterpart:
`spoiling.py`, which carries them out.
"""

import hashlib
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from antiphon.cassettes.canonical import NotJson, parse_json
from antiphon.cassettes.interaction import Asked
from antiphon.errors import ConfigFault

STALL_SECONDS = 300.0

_TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s)")
_SPAN = re.compile(r"(\d+)(-?)(\d*)")
_SYNTAX = "say 'status CODE', 'delay TIME', 'cut [N]', 'garbage [N]' or 'stall [N]', and to which requests it happens"

Span = tuple[int, float]


class Kind(StrEnum):
    """What goes wrong."""

    STATUS = "status"
    DELAY = "delay"
    CUT = "cut"
    GARBAGE = "garbage"
    STALL = "stall"


@dataclass(frozen=True, slots=True)
class Where:
    """The requests that a fault happens to; `nth` are spans, both ends in."""

    path: str = "*"
    model: str = "*"
    scope: str = "*"
    nth: tuple[Span, ...] = ()
    chance: float = 1.0
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule; `text` is how it was written.

    `number` is a status, or how many events come before; `seconds` is how long to wait; `retry_after` is a header.
    """

    text: str
    kind: Kind
    where: Where
    number: int = 0
    seconds: float = 0.0
    retry_after: str = ""

    @property
    def spoils(self) -> bool:
        """Whether the client doesn't get its answer, so that a later try finds it unused."""
        return self.kind is not Kind.DELAY

    def applies(self, asked: Asked, scope: str, occurrence: int) -> bool:
        """Whether it happens to a request that its scope makes for the `occurrence`th time."""
        where = self.where
        if not fnmatchcase(asked.path.partition("?")[0], where.path) or not fnmatchcase(scope, where.scope):
            return False
        if where.nth and not any(first <= occurrence <= last for first, last in where.nth):
            return False
        if where.model != "*" and not fnmatchcase(_model(asked.body), where.model):
            return False
        return where.chance >= 1 or self._drawn(asked, occurrence) < where.chance

    def _drawn(self, asked: Asked, occurrence: int) -> float:
        """A number from 0 to 1, the same in every process and every scope."""
        drawn = hashlib.sha256(f"{self.where.seed} {self.text} {asked.key.hex()} {occurrence}".encode()).digest()
        return int.from_bytes(drawn[:8]) / 2**64


class Faults:
    """The rules of a replay, and how often each request came; `done` counts the faults that happened."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.rules = tuple(faults)
        self.done = 0
        self._seen: Counter[tuple[str, bytes]] = Counter()

    def next(self, asked: Asked, scope: str) -> Fault | None:
        """What happens to this request, which counts as one more."""
        if not self.rules:
            return None
        self._seen[scope, asked.key] += 1
        occurrence = self._seen[scope, asked.key]
        found = next((fault for fault in self.rules if fault.applies(asked, scope, occurrence)), None)
        self.done += found is not None
        return found


def read_fault(text: str) -> Fault:
    """A fault from its text. Raises `ConfigFault`."""
    try:
        words = shlex.split(text)
        kind = Kind(words[0])
        plain = [word for word in words[1:] if "=" not in word]
        said = dict(word.split("=", 1) for word in words[1:] if "=" in word)
        return _read(text, kind, plain, said)
    except (ValueError, IndexError) as error:
        raise ConfigFault(f"The fault {text!r} can't be read ({error}): {_SYNTAX}.") from None


def _read(text: str, kind: Kind, plain: Sequence[str], said: dict[str, str]) -> Fault:
    if len(plain) > 1 or (kind in {Kind.STATUS, Kind.DELAY} and not plain):
        raise ValueError(f"{kind} takes one value")
    first = plain[0] if plain else "0"
    retry_after = said.pop("retry-after", "") if kind is Kind.STATUS else ""
    seconds = _seconds(first) if kind is Kind.DELAY else 0.0
    if kind is Kind.STALL:
        seconds = _seconds(said.pop("for")) if "for" in said else STALL_SECONDS
    number = 0 if kind is Kind.DELAY else int(first)
    if (kind is Kind.STATUS and not 400 <= number <= 599) or number < 0:  # noqa: PLR2004 - the statuses of errors
        raise ValueError(f"{number} is no status from 400 to 599" if number else "a number of events isn't negative")
    return Fault(text, kind, _where(said), number, seconds, retry_after)


def _where(said: dict[str, str]) -> Where:
    nth = tuple(map(_span, said.pop("nth").split(","))) if "nth" in said else ()
    chance = float(said.pop("p", "1"))
    if not 0 <= chance <= 1:
        raise ValueError(f"p={chance:g} isn't from 0 to 1")
    if unknown := said.keys() - {"path", "model", "scope", "seed"}:
        raise ValueError(f"it doesn't know {min(unknown)}=")
    return Where(nth=nth, chance=chance, **said)


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"nth={text} is none: say 1, 2-, or 1,3-5")
    first = int(found[1])
    return first, int(found[3]) if found[3] else (float("inf") if found[2] else first)


def _seconds(text: str) -> float:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(f"{text} is no time such as 500ms or 2s")
    return float(found[1]) / (1000 if found[2] == "ms" else 1)


def _model(body: bytes) -> str:
    try:
        value: Any = parse_json(body) if body else None
    except NotJson:
        return ""
    return str(value.get("model") or "") if isinstance(value, Mapping) else ""
