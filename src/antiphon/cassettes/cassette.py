"""A `Cassette`: interactions, found by the key of a request, in the order in which they were recorded.

Pure: no files, no sockets. It remembers for each scope apart which interactions have been used, and which ids of a
client stand for which on the tape: tests that run at the same time take nothing from each other.
Not here: what to say when nothing is found (`matching.py`), how ids look (`ids.py`).
Counterparts: `open.py` fills one, `transport.py` asks it.
"""

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from antiphon.cassettes.canonical import request_key
from antiphon.cassettes.ids import NONE, Renaming, with_ids
from antiphon.cassettes.index import IndexedFile
from antiphon.cassettes.interaction import Asked, End, Interaction
from antiphon.cassettes.likeness import flat, likeness, read_value
from antiphon.cassettes.matcher import Matcher, Matching
from antiphon.cassettes.sequence import Interactions

Place = tuple[bool, int]
"""The order of equal interactions of a scope: read before just recorded, then by number."""

Entry = tuple[Place, Interaction]


@dataclass(frozen=True, slots=True)
class Match:
    """The interaction that answers a request; `repeated` if it has answered one before.

    `ids` are those on the tape that the client knows by others; `last` says that no other is left for the request.
    """

    interaction: Interaction
    repeated: bool
    ids: Mapping[str, str] = field(default_factory=lambda: NONE)
    last: bool = False


@dataclass(slots=True)
class Lane:
    """Interactions of one scope that answer equal requests, first to last.

    A later take replaces the earlier ones. Those whose reader left count only while there are no others.
    """

    whole: list[Entry] = field(default_factory=list)
    left: list[Entry] = field(default_factory=list)

    def add(self, place: Place, interaction: Interaction) -> None:
        """File an interaction at its place."""
        if interaction.end is End.LEFT:
            insort(self.left, (place, interaction), key=lambda entry: entry[0])
            return
        take = self.whole[0][1].take if self.whole else 0
        if interaction.take > take:
            self.whole = []
        if interaction.take >= take:
            insort(self.whole, (place, interaction), key=lambda entry: entry[0])


@dataclass(slots=True)
class Lanes:
    """All interactions that answer equal requests, a lane for each scope; the empty scope is everyone's."""

    by_scope: dict[str, Lane] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)
    chosen: dict[tuple[str, bool], list[Interaction]] = field(default_factory=dict)

    def add(self, place: Place, interaction: Interaction) -> None:
        """File an interaction in its scope."""
        self.by_scope.setdefault(interaction.scope, Lane()).add(place, interaction)
        self.cursors.clear()
        self.chosen.clear()

    def choices(self, scope: str, *, partial: bool) -> list[Interaction]:
        """What may answer a request of `scope`, in order; those whose reader left only if `partial`.

        A scope's own come alone; a scope that has none shares everyone's. A request without a scope may use
        all of them, everyone's first.
        """
        found = self.chosen.get((scope, partial))
        if found is None:
            found = self.chosen[scope, partial] = self._choose(scope, partial=partial)
        return found

    def next(self, scope: str, choices: list[Interaction], used: set[int]) -> Interaction | None:
        """The first of `choices` that this scope hasn't used."""
        cursor = self.cursors.get(scope, 0)
        while cursor < len(choices) and id(choices[cursor]) in used:
            cursor += 1
        self.cursors[scope] = cursor
        return choices[cursor] if cursor < len(choices) else None

    def more(self, scope: str, choices: list[Interaction], used: set[int]) -> bool:
        """Whether another is left after the one that `next` gave, which may yet be given back."""
        behind = range(self.cursors[scope] + 1, len(choices))
        return any(id(choices[place]) not in used for place in behind)

    def _choose(self, scope: str, *, partial: bool) -> list[Interaction]:
        everyones = self.by_scope.get("", Lane())
        if scope:
            lanes = [self.by_scope.get(scope, Lane()), everyones]
        else:
            others = [lane for name, lane in self.by_scope.items() if name]
            lanes = [Lane(everyones.whole + _merged([lane.whole for lane in others]),
                          everyones.left + _merged([lane.left for lane in others]))]  # fmt: skip
        kinds = [[lane.whole for lane in lanes], [lane.left for lane in lanes] if partial else []]
        entries: list[Entry] = next((entries for kind in kinds for entries in kind if entries), [])
        return [interaction for _, interaction in entries]


def _most_alike(asked: Asked, choices: list[Interaction], used: set[int], *, repeats: bool) -> Match | None:
    """Of interactions that are the same conversation, the one whose rest is most like; the unused before the used."""
    unused = [each for each in choices if id(each) not in used]
    if not unused and not repeats:
        return None
    fields = flat(read_value(asked.body))
    best = max(unused or choices, key=lambda each: likeness(fields, flat(read_value(each.asked.body))))
    used.add(id(best))
    return Match(best, repeated=not unused, last=len(unused) <= 1)


def _on_tape(asked: Asked, known: Renaming) -> Asked:
    """A request by the tape's ids, as far as it is known for which of them the client's stand."""
    path = with_ids(asked.path, known.asked)
    body = with_ids(asked.body.decode("latin-1"), known.asked).encode("latin-1")
    return replace(asked, path=path, body=body, key=request_key(asked.method, path, body))


def _merged(entries: Iterable[list[Entry]]) -> list[Entry]:
    return sorted((entry for some in entries for entry in some), key=lambda entry: entry[0])


class Cassette:
    """All interactions of a tape.

    `start` is where its clock stands, `notes` what a reader should be told, `matcher` says which requests are equal,
    `faults` are rules of what shall go wrong in a replay, `redact` says what is taken out beside secrets.
    """

    def __init__(
        self,
        name: str,
        start: int,
        interactions: Iterable[Interaction] = (),
        notes: Iterable[str] = (),
        matcher: Matcher | None = None,
    ) -> None:
        self.name = name
        self.start = start
        self.matcher = matcher or Matcher()
        self.notes = list(notes)
        self.faults: list[str] = []
        self.redact: list[str] = []
        self.interactions = Interactions()
        self._lanes: dict[tuple[bytes, str | None], Lanes] = {}
        self._indexed: list[tuple[int, IndexedFile]] = []
        self._brought: set[bytes] = set()
        self._used: dict[str, set[int]] = {}
        self._renamings: dict[str, Renaming] = {}
        for interaction in interactions:
            self.add(interaction)

    def __len__(self) -> int:
        return len(self.interactions)

    def add(self, interaction: Interaction, *, recorded: bool = False) -> None:
        """Put an interaction on the tape, after those that are there.

        One that was `recorded` just now counts as used by its scope, and stands by the number it got when it
        was asked.
        """
        self.interactions.append(interaction)
        if recorded:
            self._used.setdefault(interaction.scope, set()).add(id(interaction))
        place = (recorded, interaction.number if recorded else len(self.interactions))
        for key in filter(None, (self.matcher.key(interaction.asked), self.matcher.alike(interaction.asked))):
            self._file(key, place, interaction)

    def attach(self, part: IndexedFile) -> None:
        """Put an indexed file on the tape, after what is there; its keys were made by this matcher."""
        self._indexed.append((len(self.interactions), part))
        self.interactions.attach(part)

    def find(self, asked: Asked, scope: str = "", *, repeats: bool = True, partial: bool = True) -> Match | None:
        """What answers a request of `scope`: the first equal one that the scope hasn't used, else the last again.

        With `repeats` false, one that is used up is not found; with `partial` false, neither is one
        whose reader left. An upstream of the same name is preferred, another one will do. Where nothing is equal,
        a request will do in which other ids stand for the same; from then on the scope means those by its own. With
        `partial` false, only one that hasn't been used and contradicts nothing.
        """
        known = self._renamings.get(scope)
        lanes, choices = self._choices(self.matcher.key(asked), asked, scope, partial=partial)
        meant = asked
        if not choices and known:
            meant = _on_tape(asked, known)
            lanes, choices = self._choices(self.matcher.key(meant), meant, scope, partial=partial)
        if lanes is None or not choices:
            return self._alike(asked, scope, repeats=repeats, partial=partial)
        used = self._used.setdefault(scope, set())
        match = self._next(meant, scope, (lanes, choices), used, repeats=repeats)
        return replace(match, ids=dict(known.given)) if match and known else match

    def equal(self, asked: Asked, scope: str = "") -> list[Interaction]:
        """The interactions that may answer a request of `scope`, used or not."""
        choices = self._choices(self.matcher.key(asked), asked, scope, partial=True)[1]
        if choices or not (alike := self.matcher.alike(asked)):
            return choices
        return self._choices(alike, asked, scope, partial=True)[1]

    def _next(
        self, asked: Asked, scope: str, found: tuple[Lanes, list[Interaction]], used: set[int], *, repeats: bool
    ) -> Match | None:
        lanes, choices = found
        if self.matcher.kind is Matching.CONVERSATION and len(choices) > 1:
            return _most_alike(asked, choices, used, repeats=repeats)
        if interaction := lanes.next(scope, choices, used):
            used.add(id(interaction))
            return Match(interaction, repeated=False, last=not lanes.more(scope, choices, used))
        return Match(choices[-1], repeated=True, last=True) if repeats else None

    def _alike(self, asked: Asked, scope: str, *, repeats: bool, partial: bool) -> Match | None:
        """What answers a request that is equal but for its ids: the first unused one that fits what is known."""
        key = self.matcher.alike(asked)
        choices = self._choices(key, asked, scope, partial=partial)[1] if key else []
        used = self._used.setdefault(scope, set())
        unused = [each for each in choices if id(each) not in used]
        # What may be recorded is answered only by what is surely meant: another id may well be another thing.
        pool = unused or (choices[::-1] if partial else [])
        if not pool or not (unused or repeats):
            return None
        known = self._renamings.setdefault(scope, Renaming())
        theirs = self.matcher.ids(asked)
        pairs = [list(zip(self.matcher.ids(each.asked), theirs, strict=True)) for each in pool]
        best = next((number for number, some in enumerate(pairs) if known.fits(some)), 0 if partial else None)
        if best is None:
            return None
        known.learn(pairs[best])
        used.add(id(pool[best]))
        return Match(pool[best], repeated=not unused, ids=dict(known.given), last=len(unused) <= 1)

    def _choices(
        self, key: bytes, asked: Asked, scope: str, *, partial: bool
    ) -> tuple[Lanes | None, list[Interaction]]:
        if self._indexed and key not in self._brought:
            self._bring(key)
        for upstream in (asked.upstream, None):
            lanes = self._lanes.get((key, upstream))
            if lanes and (choices := lanes.choices(scope, partial=partial)):
                return lanes, choices
        return None, []

    def _bring(self, key: bytes) -> None:
        """File what indexed files have under a key."""
        self._brought.add(key)
        for before, part in self._indexed:
            for number in part.having(key):
                self._file(key, (False, before + number + 1), part[number])

    def _file(self, key: bytes, place: Place, interaction: Interaction) -> None:
        for upstream in (None, interaction.asked.upstream):
            self._lanes.setdefault((key, upstream), Lanes()).add(place, interaction)

    def give_back(self, match: Match, scope: str = "") -> None:
        """Take it that an interaction hasn't been used: its answer didn't come whole."""
        if not match.repeated:
            self._used[scope].discard(id(match.interaction))

    @property
    def unused(self) -> list[Interaction]:
        """Interactions that have answered nothing so far, in any scope."""
        used = set[int]().union(*self._used.values())
        return [interaction for interaction in self.interactions if id(interaction) not in used]

    @property
    def last_take(self) -> int:
        """The number of the latest take, 0 on an empty tape."""
        return self.interactions.last_take
