"""Searches of vector stores: how long one takes among many passages, and how fast passages are kept.

    python -m bench.retrieval sqlite:////tmp/bench.db [--passages 100000]
    python -m bench.retrieval postgresql://USER@HOST/NAME [--at-once]
    python -m bench.retrieval --filled URL

The database must be empty, or filled by an earlier run. Not here: which passages and queries (`corpus.py`), embedding,
which is the model's time (`docs/performance.md`).
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from antiphon.store.base import OpenStore
from antiphon.store.open import open_store
from antiphon.store.operations import passages as rows
from antiphon.store.pgvector import PgvectorNear
from antiphon.store.postgres import open_backend
from antiphon.store.vectors import Attributes, Search
from bench.corpus import Corpus
from bench.filling import PROJECT, STORE, filled_at_once, kept, made

SEARCHES, READ, COMPARED, LIMIT = 100, 10, 30, 50
Fill = Literal["one by one", "at once", "there"]
KINDS = {"hybrid": "hybrid", "hybrid again": "hybrid", "vectors": "vectors", "words": "words"}


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds of searches: half took no longer, 99 of 100 took no longer; and of computing in this process.

    `fewest` is how many passages the search found that found least, of the ten that are read.
    """

    half: float
    most: float
    computing: float
    fewest: int

    def __str__(self) -> str:
        """As it is printed."""
        return f"p50 {self.half:.1f} ms, p99 {self.most:.1f} ms, {self.computing:.1f} ms of computing"


async def filled(store: OpenStore, corpus: Corpus) -> float:
    """Passages a second that were kept; making them up doesn't count."""
    await made(store.vectors)
    spent = [await kept(store.vectors, corpus, number) for number in range(corpus.files)]
    return corpus.passages / sum(spent)


async def searched(
    store: OpenStore, corpus: Corpus, kind: str, wanted: Callable[[Attributes], bool] | None = None
) -> Figures:
    """Searches one after another; the first ones read what is kept in memory, and don't count."""
    times: list[float] = []
    computing, fewest = 0.0, READ
    for number in range(SEARCHES + 3):
        words, vector = corpus.query()
        asked = Search(
            words="" if kind == "vectors" else words, vector=b"" if kind == "words" else vector, wanted=wanted
        )
        began, busy = time.perf_counter(), time.process_time()
        orders = await store.vectors.search(PROJECT, STORE, asked)
        found = await store.vectors.passages(PROJECT, STORE, [*orders.near, *orders.words][:READ])
        fewest = min(fewest, len(found))
        if number >= 3:  # noqa: PLR2004 - the first ones
            times.append(1000 * (time.perf_counter() - began))
            computing += 1000 * (time.process_time() - busy)
    times.sort()
    return Figures(times[SEARCHES // 2], times[SEARCHES * 99 // 100 - 1], computing / SEARCHES, fewest)


async def recall(url: str, corpus: Corpus) -> float:
    """Of the ten passages whose vectors are nearest, the share that the index of a PostgreSQL database finds."""
    backend = await open_backend(url)
    try:
        store = await backend.read(lambda: rows.snapshot(PROJECT, STORE))
        members = await backend.read(lambda: rows.members(store.key))
        indexed, exact = PgvectorNear(backend), PgvectorNear(backend, exact=corpus.passages)
        there = 0
        for _ in range(COMPARED):
            _, vector = corpus.query()
            found = [await near.nearest(store, members, None, vector, LIMIT) for near in (indexed, exact)]
            there += len({*found[0][:READ]} & {*found[1][:READ]})
        return there / COMPARED / READ
    finally:
        await backend.close()


async def measured(url: str, passages: int, fill: Fill = "one by one") -> dict[str, Figures | float]:
    """All figures of a database; of its searches alone where they aren't filled as a server does it."""
    corpus = Corpus(passages)
    if fill == "at once":
        await filled_at_once(url, corpus)
    store = await open_store(url)
    found: dict[str, Figures | float] = {}
    try:
        if fill == "one by one":
            found["kept a second"] = await filled(store, corpus)
        for name, kind in KINDS.items():
            found[name] = await searched(store, corpus, kind)
        found["hybrid, a third of the files"] = await searched(
            store, corpus, "hybrid", lambda given: given["n"] in {1, 2, 3}
        )
    finally:
        await store.close()
    if url.startswith("postgres"):
        found["recall"] = await recall(url, corpus)
    return found


def shown(found: dict[str, Figures | float]) -> str:
    """A line a figure."""
    return "\n".join(
        f"{name}: {figure}" if isinstance(figure, Figures) else f"{name}: {figure:.4g}"
        for name, figure in found.items()
    )


def main() -> None:
    """Measure, and print a line a figure."""
    flags = argparse.ArgumentParser(description="Measure searches of vector stores.")
    flags.add_argument("url", help="an empty database")
    flags.add_argument("--passages", type=int, default=100_000)
    flags.add_argument(
        "--filled", dest="fill", action="store_const", const="there", default="one by one", help="they are there"
    )
    flags.add_argument(
        "--at-once", dest="fill", action="store_const", const="at once", help="make PostgreSQL's indexes afterwards"
    )
    said = flags.parse_args()
    print(shown(asyncio.run(measured(said.url, said.passages, said.fill))))


if __name__ == "__main__":
    main()
