"""Searches of vector stores: how long one takes among many passages, and how fast passages are kept.

    python -m bench.retrieval sqlite:////tmp/bench.db [--passages 100000]
    python -m bench.retrieval postgresql://USER@HOST/NAME
    python -m bench.retrieval --filled URL

The database must be empty, or filled by an earlier run. Vectors have 384 numbers and lie in clusters; texts have 120
words of a vocabulary whose n-th word is 1/n as frequent as its first. A query is six words of some passage, without
the 60 most frequent: they stand for those that the server leaves out. Not here: embedding, which is the model's time
(`docs/performance.md`).
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from antiphon.store.base import OpenStore
from antiphon.store.open import open_store
from antiphon.store.vectors import Attributes, NewPassage, Search, VectorFile, VectorStore

NUMBERS, WORDS, LENGTH, CLUSTERS, A_FILE = 384, 30_000, 120, 200, 100
UNSAID, ASKED, SEARCHES = 60, 6, 100
PROJECT, STORE = "default", "vs_1"


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds of searches: half took no longer, 99 of 100 took no longer; and of computing in this process."""

    half: float
    most: float
    computing: float


class Corpus:
    """Passages and queries, the same in every run."""

    def __init__(self, passages: int) -> None:
        self.passages = passages
        self._chance = np.random.default_rng(7)
        frequency = 1 / np.arange(1, WORDS + 1)
        self._frequency = frequency / frequency.sum()
        self._centers = self._chance.normal(size=(CLUSTERS, NUMBERS)).astype(np.float32)
        self._seen: Any = None

    def files(self) -> Iterator[list[NewPassage]]:
        """The passages, a file at a time."""
        for _ in range(self.passages // A_FILE):
            words = self._chance.choice(WORDS, size=(A_FILE, LENGTH), p=self._frequency)
            self._seen = words
            vectors = self._vectors(A_FILE, 1.0)
            yield [
                NewPassage(
                    number=n,
                    start=n,
                    end=n + 1,
                    text=" ".join(f"word{word}" for word in row),
                    vector=vectors[n].tobytes(),
                )
                for n, row in enumerate(words)
            ]

    def skip(self) -> None:
        """Make the passages, so that the queries are those that follow them."""
        for _ in self.files():
            pass

    def query(self) -> tuple[str, bytes]:
        """Words of a passage, and a vector near a cluster."""
        row = self._seen[self._chance.integers(0, A_FILE)]
        told = [word for word in row if word >= UNSAID][:ASKED]
        return " ".join(f"word{word}" for word in told), self._vectors(1, 0.5)[0].tobytes()

    def _vectors(self, count: int, spread: float) -> Any:  # noqa: ANN401 - an array
        near = self._centers[self._chance.integers(0, CLUSTERS, count)]
        vectors = near + spread * self._chance.normal(size=(count, NUMBERS)).astype(np.float32)
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


async def filled(store: OpenStore, corpus: Corpus) -> float:
    """Passages a second that were kept; making them up doesn't count."""
    await store.vectors.ready()
    made = VectorStore(id=STORE, created_at=1, last_active_at=1, model="m")
    await store.vectors.create(PROJECT, made)
    spent = 0.0
    for number, passages in enumerate(corpus.files()):
        began = time.perf_counter()
        file = VectorFile(
            id=f"file-{number}",
            created_at=1,
            filename="f",
            attributes={"n": number % 10},
            most_tokens=800,
            overlap_tokens=0,
        )
        await store.vectors.attach(PROJECT, STORE, [file])
        (held,) = await store.vectors.hold("bench", 4e9, 1)
        await store.vectors.finish(held, passages, NUMBERS)
        spent += time.perf_counter() - began
    return corpus.passages / spent


async def searched(
    store: OpenStore, corpus: Corpus, kind: str, wanted: Callable[[Attributes], bool] | None = None
) -> Figures:
    """Searches one after another; the first ones read what is kept in memory, and don't count."""
    times: list[float] = []
    computing = 0.0
    for number in range(SEARCHES + 3):
        words, vector = corpus.query()
        asked = Search(
            words="" if kind == "vectors" else words, vector=b"" if kind == "words" else vector, wanted=wanted
        )
        began, busy = time.perf_counter(), time.process_time()
        orders = await store.vectors.search(PROJECT, STORE, asked)
        await store.vectors.passages(PROJECT, STORE, [*orders.near, *orders.words][:10])
        if number >= 3:  # noqa: PLR2004 - the first ones
            times.append(1000 * (time.perf_counter() - began))
            computing += 1000 * (time.process_time() - busy)
    times.sort()
    return Figures(times[SEARCHES // 2], times[SEARCHES * 99 // 100 - 1], computing / SEARCHES)


async def measured(url: str, passages: int, *, fill: bool = True) -> dict[str, Figures | float]:
    """All figures of a database; of its searches alone where it has the passages already."""
    corpus, store = Corpus(passages), await open_store(url)
    found: dict[str, Figures | float] = {}
    try:
        if fill:
            found["kept a second"] = await filled(store, corpus)
        else:
            corpus.skip()
        for name, kind in (
            ("hybrid", "hybrid"),
            ("hybrid again", "hybrid"),
            ("vectors", "vectors"),
            ("words", "words"),
        ):
            found[name] = await searched(store, corpus, kind)
        found["hybrid, a third of the files"] = await searched(
            store, corpus, "hybrid", lambda given: given["n"] in {1, 2, 3}
        )
        return found
    finally:
        await store.close()


def main() -> None:
    """Measure, and print a line a figure."""
    flags = argparse.ArgumentParser(description="Measure searches of vector stores.")
    flags.add_argument("url", help="an empty database")
    flags.add_argument("--passages", type=int, default=100_000)
    flags.add_argument("--filled", action="store_true", help="the passages are there")
    said = flags.parse_args()
    for name, figure in asyncio.run(measured(said.url, said.passages, fill=not said.filled)).items():
        if isinstance(figure, float):
            print(f"{name}: {figure:.0f}")
        else:
            print(f"{name}: p50 {figure.half:.1f} ms, p99 {figure.most:.1f} ms, {figure.computing:.1f} ms of computing")


if __name__ == "__main__":
    main()
