"""A document into passages: along its structure, no longer than so many tokens, each with the end of the one before.

The passages cover the text: told over their ranges they are the document again, character for character. Where one
may end is told by `Cuts`, from the best places to the worst: before a heading, between blocks, between lines, between
sentences, between words, and inside of a word only where nothing else is left. Not here: what a token is
(`measure.py`).
"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from antiphon.retrieval.chunking import Chunking
from antiphon.retrieval.document import Block, Document
from antiphon.retrieval.measure import Measure
from antiphon.retrieval.passage import Passage

SENTENCE = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u2019\u201d)\]]*\s+(?=\S)|[\u3002\uff01\uff1f]")
LINE = re.compile(r"\n\s*(?=\S)")
WORD = re.compile(r"\s+(?=\S)")
TOGETHER = ("row", "item")
"""Blocks that follow one of their own kind as lines follow lines."""
OWN_PASSAGE = 8
"""A section begins a passage of its own where the one before it has at least this part of the most tokens."""

Places = Sequence[int]


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where a text may be cut, rising: `headings`, then `places` of each kind from the best to the worst."""

    headings: Places
    places: tuple[Places, ...]

    def last(self, after: int, until: int) -> int | None:
        """The last place of the best kind that there is after the one and not beyond the other."""
        for places in (self.headings, *self.places):
            at = bisect_right(places, until) - 1
            if at >= 0 and places[at] > after:
                return places[at]
        return None

    def first(self, since: int, before: int) -> int | None:
        """The first place of the best kind from the one on and before the other."""
        for places in (self.headings, *self.places):
            at = bisect_left(places, since)
            if at < len(places) and places[at] < before:
                return places[at]
        return None

    def heading(self, since: int, until: int) -> int | None:
        """The first heading from the one place on and not beyond the other."""
        at = bisect_left(self.headings, since)
        return self.headings[at] if at < len(self.headings) and self.headings[at] <= until else None


def split(document: Document, chunking: Chunking) -> list[Passage]:
    """The passages of a document; none where it has no text."""
    if not document.text.strip():
        return []
    measure = Measure(document.text)
    ranges = list(_ranges(measure, _cuts(document), chunking))
    return _passages(document, measure, ranges)


def _ranges(measure: Measure, cuts: Cuts, chunking: Chunking) -> Iterator[tuple[int, int]]:
    start = end = 0
    while end < measure.length:
        done = end
        end = _end(measure, cuts, chunking, start, done)
        yield start, end
        start = _next_start(measure, cuts, chunking, start, end)


def _end(measure: Measure, cuts: Cuts, chunking: Chunking, start: int, done: int) -> int:
    """Where a passage that begins at `start` ends: beyond `done`, where the one before ended."""
    furthest = measure.reach(start, chunking.most_tokens)
    section = cuts.heading(max(measure.reach(start, chunking.most_tokens // OWN_PASSAGE), done + 1), furthest)
    if section is not None:
        return section
    if furthest >= measure.length:
        return measure.length
    least = max(measure.reach(start, chunking.most_tokens // 2), done)
    return cuts.last(least, furthest) or max(furthest, done + 1)


def _next_start(measure: Measure, cuts: Cuts, chunking: Chunking, start: int, end: int) -> int:
    """Where the next one begins: at a heading without an overlap, else as far back as there may be one."""
    if not chunking.overlap_tokens or cuts.heading(end, end) is not None:
        return end
    earliest = max(measure.back(end, chunking.overlap_tokens), start + 1)
    begin = cuts.first(earliest, end)
    return end if begin is None else begin


def _passages(document: Document, measure: Measure, ranges: Sequence[tuple[int, int]]) -> list[Passage]:
    starts = [block.start for block in document.blocks]
    passages: list[Passage] = []
    fresh = 0
    for number, (start, end) in enumerate(ranges):
        block = _block_at(document.blocks, starts, fresh)
        passage = Passage(
            file=document.name,
            number=number,
            start=start,
            end=end,
            text=document.text[start:end],
            heading=block.heading if block else (),
            page=block.page if block else None,
            tokens=measure.tokens(start, end),
        )
        passages.append(passage)
        fresh = end
    return passages


def _block_at(blocks: Sequence[Block], starts: Sequence[int], place: int) -> Block | None:
    """The block at a place; before the first one it is the first."""
    return blocks[max(bisect_right(starts, place) - 1, 0)] if blocks else None


def _cuts(document: Document) -> Cuts:
    headings: list[int] = []
    between: list[int] = []
    rows: list[int] = []
    before: Block | None = None
    for block in document.blocks:
        if block.kind == "heading":
            headings.append(block.start)
        elif before and before.kind == block.kind and block.kind in TOGETHER:
            rows.append(block.start)
        elif before and before.kind != "heading":
            between.append(block.start)
        before = block
    text = document.text
    # Up to its last letter only: a pattern that looks for one behind white space would look for ever at a file's end.
    end = len(text.rstrip())
    lines, sentences, words = (
        array("L", (match.end() for match in pattern.finditer(text, 0, end))) for pattern in (LINE, SENTENCE, WORD)
    )
    return Cuts(headings, (between, sorted({*rows, *lines}) if rows else lines, sentences, words))
