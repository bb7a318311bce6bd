"""Passages and queries that are made up, the same in every run: a file's depend on its number alone.

Vectors have 384 numbers and lie in clusters; texts have 120 words of a vocabulary whose n-th word is 1/n as frequent as
its first. A query is six words of some passage, without the 60 most frequent: they stand for those that the server
leaves out. Not here: keeping and searching them (`filling.py`, `retrieval.py`).
"""

from typing import Any

import numpy as np

from antiphon.store.vectors import NewPassage

NUMBERS, WORDS, LENGTH, CLUSTERS, A_FILE = 384, 30_000, 120, 200, 100
UNSAID, ASKED = 60, 6
CENTERS, QUERIES, FILES = range(3)
"""What numbers are drawn for."""


class Corpus:
    """As many passages as are said, in files of a hundred."""

    def __init__(self, passages: int) -> None:
        self.passages = passages
        self.files = passages // A_FILE
        frequency = 1 / np.arange(1, WORDS + 1)
        self._reached = np.cumsum(frequency / frequency.sum())
        self._centers = np.random.default_rng(CENTERS).normal(size=(CLUSTERS, NUMBERS)).astype(np.float32)
        self._asking = np.random.default_rng(QUERIES)
        self._asked = self._words(self._chance(self.files - 1))

    def file(self, number: int) -> list[NewPassage]:
        """The passages of one file."""
        chance = self._chance(number)
        words = self._words(chance)
        vectors = self._vectors(chance, A_FILE, 1.0)
        return [
            NewPassage(
                number=n, start=n, end=n + 1, text=" ".join(map("word{}".format, row)), vector=vectors[n].tobytes()
            )
            for n, row in enumerate(words.tolist())
        ]

    def query(self) -> tuple[str, bytes]:
        """Words of a passage of the last file, and a vector near a cluster."""
        row = self._asked[self._asking.integers(0, A_FILE)]
        told = [word for word in row if word >= UNSAID][:ASKED]
        return " ".join(f"word{word}" for word in told), self._vectors(self._asking, 1, 0.5)[0].tobytes()

    def _chance(self, file: int) -> np.random.Generator:
        return np.random.default_rng((FILES, file))

    def _words(self, chance: np.random.Generator) -> Any:  # noqa: ANN401 - an array
        return np.searchsorted(self._reached, chance.random((A_FILE, LENGTH)))

    def _vectors(self, chance: np.random.Generator, count: int, spread: float) -> Any:  # noqa: ANN401 - an array
        near = self._centers[chance.integers(0, CLUSTERS, count)]
        vectors = near + spread * chance.standard_normal((count, NUMBERS), np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
