"""Citations: sources that the model was shown get markers, and markers in its answer become annotations.

A model is told `[cite:1]` before each source and writes the same behind what it takes from it. `CitationReader` finds
markers in text that comes in pieces; none reaches the client. Pure. Not here: where in the text an annotation
stands (`open_items.py`). Counterparts: `kinds/face.py`, whose outcomes bring sources; `course.py`, which numbers them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from antiphon.engine.open_items import Cited, Text

HOW_TO_CITE = (
    "Cite what you use: directly behind each statement write the marker of its source exactly as it stands here, "
    "such as [cite:1]. Write no list of sources."
)

_INNER = r"[\d\s,;cite:]"
_LONGEST = 70
"""Characters inside the longest marker; what goes on for longer isn't one, and isn't waited for."""
_MARKER = re.compile(rf"\[cite:{_INNER}{{0,{_LONGEST}}}\]")
_BEGUN = re.compile(rf"\[(?:c(?:i(?:t(?:e(?::{_INNER}{{0,{_LONGEST}}})?)?)?)?)?\Z")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Citable:
    """A source of a tool's result.

    `text` is what the model reads of it; `annotation` what a citation of it adds to the answer, without its place;
    `shown` the text that takes the marker's place, empty for none.
    """

    text: str
    annotation: Mapping[str, Any]
    shown: str = ""


@dataclass(slots=True)
class Bibliography:
    """The sources of one run, numbered from 1 in the order in which the model was told them."""

    known: list[Citable] = field(default_factory=list)

    def told(self, output: str | None, sources: Sequence[Citable]) -> str:
        """What the model reads of a result with `sources`, which are known from now on."""
        if not sources:
            return output or ""
        parts = [output, HOW_TO_CITE] if output else [HOW_TO_CITE]
        for source in sources:
            self.known.append(source)
            parts.append(f"[cite:{len(self.known)}] {source.text}")
        return "\n\n".join(parts)

    def cited(self, marker: str) -> list[Cited]:
        """The sources that a whole marker names; numbers that nobody was given are left out."""
        numbers = [int(number) for number in _NUMBER.findall(marker)]
        found = [self.known[number - 1] for number in dict.fromkeys(numbers) if 0 < number <= len(self.known)]
        return [Cited(dict(source.annotation), source.shown) for source in found]


class CitationReader:
    """Text in pieces in, text and citations out; what may become a marker waits for the next piece."""

    def __init__(self, bibliography: Bibliography) -> None:
        self._bibliography = bibliography
        self._held = ""

    def feed(self, text: str) -> list[Text | Cited]:
        """What is certain so far."""
        whole = self._held + text
        begun = _BEGUN.search(whole)
        cut = begun.start() if begun else len(whole)
        self._held = whole[cut:]
        return list(self._pieces(whole[:cut]))

    def finish(self) -> list[Text | Cited]:
        """The rest, as it stands: no more text follows."""
        held, self._held = self._held, ""
        return [Text(held)] if held else []

    def _pieces(self, text: str) -> Iterable[Text | Cited]:
        at = 0
        for marker in _MARKER.finditer(text):
            if marker.start() > at:
                yield Text(text[at : marker.start()])
            yield from self._bibliography.cited(marker[0])
            at = marker.end()
        if at < len(text):
            yield Text(text[at:])
