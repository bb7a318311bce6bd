"""A `Cassette`: interactions, found by the key of a request, in the order in which they were recorded.

Pure: no files, no sockets. It remembers which interactions have been used. Not here: what to say when
nothing is found (`matching.py`). Counterparts: `open.py` fills one, `transport.py` asks it.
"""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from antiphon.cassettes.interaction import Asked, End, Interaction

Place = tuple[bool, bool, int]
"""The order of equal interactions: everyone's before a scope's, then read before just recorded, then by number."""


@dataclass(frozen=True, slots=True)
class Match:
    """The interaction that answers a request; `repeated` if it has answered one before."""

    interaction: Interaction
    repeated: bool


@dataclass(slots=True)
class Lane:
    """Interactions that answer equal requests, first to last.

    A later take replaces the earlier ones. Those whose reader left count only while there are no others.
    """

    whole: list[tuple[Place, Interaction]] = field(default_factory=list)
    left: list[tuple[Place, Interaction]] = field(default_factory=list)
    cursor: int = 0

    def add(self, place: Place, interaction: Interaction) -> None:
        """File an interaction at its place."""
        if interaction.end is End.LEFT:
            insort(self.left, (place, interaction), key=lambda entry: entry[0])
            return
        take = self.whole[0][1].take if self.whole else 0
        if interaction.take > take:
            self.whole, self.cursor = [], 0
        if interaction.take >= take:
            insort(self.whole, (place, interaction), key=lambda entry: entry[0])

    @property
    def interactions(self) -> list[Interaction]:
        """Those that can answer, in order."""
        return [interaction for _, interaction in self.whole or self.left]

    def next(self, used: set[int]) -> Interaction | None:
        """The first that hasn't been used."""
        entries = self.whole or self.left
        while self.cursor < len(entries) and id(entries[self.cursor][1]) in used:
            self.cursor += 1
        return entries[self.cursor][1] if self.cursor < len(entries) else None


class Cassette:
    """All interactions of a tape. `start` is where its clock stands, `notes` what a reader should be told."""

    def __init__(
        self, name: str, start: int, interactions: Iterable[Interaction] = (), notes: Iterable[str] = ()
    ) -> None:
        self.name = name
        self.start = start
        self.notes = list(notes)
        self.interactions: list[Interaction] = []
        self._lanes: dict[tuple[bytes, str | None], Lane] = {}
        self._used: set[int] = set()
        for interaction in interactions:
            self.add(interaction)

    def __len__(self) -> int:
        return len(self.interactions)

    def add(self, interaction: Interaction, *, recorded: bool = False) -> None:
        """Put an interaction on the tape, after those that are there.

        One that was `recorded` just now counts as used, and stands by the number it got when it was asked.
        """
        self.interactions.append(interaction)
        if recorded:
            self._used.add(id(interaction))
        place = (bool(interaction.scope), recorded, interaction.number if recorded else len(self.interactions))
        for upstream in (None, interaction.asked.upstream):
            self._lanes.setdefault((interaction.asked.key, upstream), Lane()).add(place, interaction)

    def find(self, asked: Asked, *, repeats: bool = True, partial: bool = True) -> Match | None:
        """What answers a request: the first equal one not yet used, else the last again.

        With `repeats` false, one that is used up is not found; with `partial` false, neither is one
        whose reader left. An upstream of the same name is preferred, another one will do.
        """
        lane = self.lane(asked)
        if lane is None or not (lane.whole or partial):
            return None
        if interaction := lane.next(self._used):
            self._used.add(id(interaction))
            return Match(interaction, repeated=False)
        return Match(lane.interactions[-1], repeated=True) if repeats else None

    def lane(self, asked: Asked) -> Lane | None:
        """The interactions that equal a request, used or not."""
        own = self._lanes.get((asked.key, asked.upstream))
        return own or self._lanes.get((asked.key, None))

    @property
    def unused(self) -> list[Interaction]:
        """Interactions that have answered nothing so far."""
        return [interaction for interaction in self.interactions if id(interaction) not in self._used]

    @property
    def last_take(self) -> int:
        """The number of the latest take, 0 on an empty tape."""
        return max((interaction.take for interaction in self.interactions), default=0)
