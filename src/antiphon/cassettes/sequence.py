"""The interactions of a tape in their order, whether they lie in memory or are found by an index.

Counterparts: `cassette.py`, which adds to them, and `index.py`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from antiphon.cassettes.index import IndexedFile
from antiphon.cassettes.interaction import Interaction


class Interactions(Sequence[Interaction]):
    """Parts one after another. What is appended goes to the end."""

    def __init__(self) -> None:
        self._parts: list[list[Interaction] | IndexedFile] = []

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    @overload
    def __getitem__(self, index: int) -> Interaction: ...
    @overload
    def __getitem__(self, index: slice) -> list[Interaction]: ...
    def __getitem__(self, index: int | slice) -> Interaction | list[Interaction]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = index + len(self) if index < 0 else index
        for part in self._parts:
            if 0 <= number < len(part):
                return part[number]
            number -= len(part)
        raise IndexError(index)

    def __iter__(self) -> Iterator[Interaction]:
        for part in self._parts:
            yield from part

    def append(self, interaction: Interaction) -> None:
        """Add one to the end."""
        if not self._parts or isinstance(self._parts[-1], IndexedFile):
            self._parts.append([])
        last = self._parts[-1]
        if isinstance(last, list):
            last.append(interaction)

    def attach(self, part: IndexedFile) -> None:
        """Add all of an indexed file to the end."""
        self._parts.append(part)

    @property
    def last_take(self) -> int:
        """The highest take, 0 where there is nothing."""
        return max((_last_take(part) for part in self._parts), default=0)

    @property
    def samples(self) -> Iterator[Interaction]:
        """Interactions that show every address and model that there is; not all of an indexed file."""
        for part in self._parts:
            yield from (part[number] for number in part.samples) if isinstance(part, IndexedFile) else part


def _last_take(part: Iterable[Interaction]) -> int:
    if isinstance(part, IndexedFile):
        return part.last_take
    return max((each.take for each in part), default=0)
