"""Citations: sources that the model was shown get markers, and markers in its answer become annotations.

A model is told `[cite:1]` before each source and writes the same behind what it takes from it. `CitationReader` finds
markers in text that comes in pieces, and links to those sources; no marker reaches the client. Pure. Not here: where in
the text an annotation stands (`open_items.py`). Counterparts: `kinds/face.py`, whose outcomes bring sources;
`course.py`, which numbers them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from antiphon.engine.open_items import Cited, CitedLink, Text

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


_LINK = re.compile(r"\[[^\[\]\n]{0,200}\]\((?P<url>https?://(?:[^\s()<>]|\([^\s()<>]{0,200}\)){1,1000})\)")
_LONGEST_LINK = 2_500
"""Characters to look back for the beginning of a link."""

Found = Text | Cited | CitedLink


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

    def linked(self, url: str) -> Citable | None:
        """The page that an address leads to, if the model was shown it."""
        return next((source for source in self.known if _same(str(source.annotation.get("url") or ""), url)), None)


def _same(one: str, other: str) -> bool:
    """Whether two addresses are of one page: a mark behind `#` and the last slash don't count."""
    return one.partition("#")[0].rstrip("/") == other.partition("#")[0].rstrip("/")


def uncited(output: str | None, sources: Sequence[Citable]) -> str:
    """What the model reads of a result where no citation has a place, as in an answer that must be JSON."""
    return "\n\n".join([*([output] if output else []), *(source.text for source in sources)])


class CitationReader:
    """Text in pieces in, text and citations out; what may become a marker waits for the next piece.

    A link that the model writes itself, to a source that it was shown, is a citation too: its text stays.
    """

    def __init__(self, bibliography: Bibliography) -> None:
        self._bibliography = bibliography
        self._held = ""
        self._recent = ""

    def feed(self, text: str) -> list[Found]:
        """What is certain so far."""
        whole = self._held + text
        begun = _BEGUN.search(whole)
        cut = begun.start() if begun else len(whole)
        self._held = whole[cut:]
        return list(self._pieces(whole[:cut]))

    def finish(self) -> list[Found]:
        """The rest, as it stands: no more text follows."""
        held, self._held = self._held, ""
        found = list(self._text(held)) if held else []
        self._recent = ""
        return found

    def _pieces(self, text: str) -> Iterable[Found]:
        at = 0
        for marker in _MARKER.finditer(text):
            yield from self._text(text[at : marker.start()])
            self._recent = ""
            yield from self._bibliography.cited(marker[0])
            at = marker.end()
        yield from self._text(text[at:])

    def _text(self, text: str) -> Iterable[Found]:
        """Text that is certain, and then the links to sources that it completes."""
        if not text:
            return
        yield Text(text)
        self._recent += text
        while ")" in text and (link := _LINK.search(self._recent)):
            source = self._bibliography.linked(link["url"])
            if source is not None:
                yield CitedLink(dict(source.annotation), len(link[0]), len(self._recent) - link.end())
            self._recent = self._recent[link.end() :]
        self._recent = self._recent[-_LONGEST_LINK:]
