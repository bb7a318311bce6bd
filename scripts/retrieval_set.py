"""The labelled set by which retrieval is measured: questions, each with its right passage, and the texts about it.

A line of `tests/quality/questions.tsv` is a file, words that stand in it once, and a question that they answer.
Every third line is held back: it is reported alone, and nothing is tuned by it. Not here: the search
(`measure_retrieval.py`).
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from antiphon.retrieval.chunking import Chunking
from antiphon.retrieval.document import Document
from antiphon.retrieval.extract import extract
from antiphon.retrieval.passage import Passage
from antiphon.retrieval.split import split

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = ROOT / "tests/quality/questions.tsv"
CORPUS = ("docs/**/*.md", "tests/quality/texts/*")
HELD_BACK_EVERY = 3
BEST = 10


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the words of a file that answer it."""

    file: str
    words: str
    question: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over questions: the part of the right passages among the first ten, and how high they stand there."""

    recall: float
    ndcg: float


def questions(*, held_back: bool) -> list[Question]:
    """The 100 that are held back, or the 200 others."""
    lines = QUESTIONS.read_text("utf-8").splitlines()
    chosen = (line for number, line in enumerate(lines, start=1) if (number % HELD_BACK_EVERY == 0) == held_back)
    return [Question(*line.split("\t")) for line in chosen]


def documents() -> Iterator[Document]:
    """All texts that are searched."""
    for path in sorted(path for pattern in CORPUS for path in ROOT.glob(pattern)):
        with path.open("rb") as file:
            yield extract(file, str(path.relative_to(ROOT)))


def passages(chunking: Chunking) -> list[Passage]:
    """All passages that are searched."""
    return [passage for document in documents() for passage in split(document, chunking)]


def right(question: Question, searched: Sequence[Passage]) -> set[int]:
    """The places of the passages that have the answer's words: one, or two where they overlap."""
    return {
        place
        for place, passage in enumerate(searched)
        if passage.file == question.file and question.words in " ".join(passage.text.split())
    }


def figures(orders: Sequence[Sequence[int]], wanted: Sequence[Collection[int]]) -> Figures:
    """How good these orders are, each held against the places that are right."""
    recalls, gains = [], []
    for order, right_ones in zip(orders, wanted, strict=True):
        first = order[:BEST]
        most = min(len(right_ones), BEST)
        recalls.append(sum(place in right_ones for place in first) / most)
        gain = sum(1 / math.log2(rank + 1) for rank, place in enumerate(first, start=1) if place in right_ones)
        gains.append(gain / sum(1 / math.log2(rank + 1) for rank in range(1, most + 1)))
    return Figures(sum(recalls) / len(recalls), sum(gains) / len(gains))
