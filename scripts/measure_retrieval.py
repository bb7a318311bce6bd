"""Measures retrieval on the labelled set: by vectors alone, by words alone, and by both.

Reads, cuts, embeds, keeps and searches with what the server does, in a SQLite database that is thrown away, or another.
Not here: the set (`retrieval_set.py`). Counterpart: `docs/explanation/retrieval.md`, which has the figures.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

from antiphon.retrieval.builtin import BuiltinEmbedder, model_folder
from antiphon.retrieval.chunking import Chunking
from antiphon.retrieval.embedding import Embedder
from antiphon.retrieval.passage import Passage
from antiphon.retrieval.rank import Weights, fuse
from antiphon.store.base import Store
from antiphon.store.open import open_store
from antiphon.store.vectors import Held, NewPassage, Orders, Search, VectorFile, VectorStore
from retrieval_set import Question, figures, passages, questions, right

PROJECT, STORE = "default", "vs_quality"
MANY = 500
DEPTH = 50
"""Passages of each order that are fused, as in a search of the server."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found for each question, as places among the passages, and which are right."""

    near: list[list[int]]
    words: list[list[int]]
    right: list[set[int]]

    def some(self, first: int, last: int | None = None) -> "Found":
        """What was found for some of the questions."""
        return Found(self.near[first:last], self.words[first:last], self.right[first:last])

    def hybrid(self, weights: Weights) -> list[list[int]]:
        """Both orders as one."""
        pairs = zip(self.near, self.words, strict=True)
        return [[key for key, _ in fuse([(weights.embedding, near), (weights.text, words)])] for near, words in pairs]


async def search(searched: Sequence[Passage], asked: Sequence[Question], embedder: Embedder, url: str = "") -> Found:
    """Keep the passages in the empty database at `url`, or in one that is thrown away, and ask the questions."""
    with tempfile.TemporaryDirectory() as folder:
        store = await open_store(url or f"sqlite:///{folder}/quality.db")
        try:
            await _fill(store, searched, embedder)
            vectors = await embedder.embed([question.question for question in asked])
            orders = [
                await store.vectors.search(
                    PROJECT, STORE, Search(words=one.question, vector=row.tobytes(), limit=DEPTH)
                )
                for one, row in zip(asked, vectors, strict=True)
            ]
            places = await _places(store, searched, orders)
        finally:
            await store.close()
    near = [[places[key] for key in order.near] for order in orders]
    words = [[places[key] for key in order.words] for order in orders]
    return Found(near, words, [right(question, searched) for question in asked])


async def _fill(store: Store, searched: Sequence[Passage], embedder: Embedder) -> None:
    now = int(time.time())
    made = VectorStore(id=STORE, created_at=now, last_active_at=now, model=embedder.model, dimension=embedder.dimension)
    await store.vectors.create(PROJECT, made)
    names = list(dict.fromkeys(passage.file for passage in searched))
    files = [VectorFile(id=name, created_at=now, filename=name, most_tokens=800, overlap_tokens=400) for name in names]
    await store.vectors.attach(PROJECT, STORE, files)
    for held in await store.vectors.hold("quality", now + 3600, len(names)):
        own = [passage for passage in searched if passage.file == held.file_id]
        await _keep(store, held, own, embedder)


async def _keep(store: Store, held: Held, own: Sequence[Passage], embedder: Embedder) -> None:
    vectors = await embedder.embed([passage.searched for passage in own])
    kept = [
        NewPassage(
            number=passage.number,
            start=passage.start,
            end=passage.end,
            text=passage.text,
            above=passage.searched.removesuffix(passage.text).strip(),
            heading=passage.heading,
            vector=row.tobytes(),
        )
        for passage, row in zip(own, vectors, strict=True)
    ]
    if not await store.vectors.finish(held, kept, embedder.dimension):
        raise RuntimeError(f"{held.file_id} wasn't kept")


async def _places(store: Store, searched: Sequence[Passage], orders: Sequence[Orders]) -> dict[int, int]:
    """The place of a passage by its key in the store."""
    keys = sorted({key for order in orders for key in (*order.near, *order.words)})
    there = {(passage.file, passage.number): place for place, passage in enumerate(searched)}
    found = [await store.vectors.passages(PROJECT, STORE, keys[at : at + MANY]) for at in range(0, len(keys), MANY)]
    return {one.key: there[one.file_id, one.number] for some in found for one in some}


def told(found: Found, weights: Weights) -> str:
    """The figures of the three ways, as a table."""
    lines = ["| | Recall@10 | nDCG@10 |", "|---|---|---|"]
    for name, orders in (("vectors", found.near), ("words", found.words), ("both", found.hybrid(weights))):
        of = figures(orders, found.right)
        lines.append(f"| {name} | {of.recall:.3f} | {of.ndcg:.3f} |")
    return "\n".join(lines)


async def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-back", action="store_true", help="the 100 questions by which nothing was tuned, too")
    parser.add_argument("--tokens", type=int, default=800)
    parser.add_argument("--overlap", type=int, default=400)
    parser.add_argument("--db", default="", help="an empty database, where SQLite isn't meant")
    given = parser.parse_args(arguments)
    searched = passages(Chunking(given.tokens, given.overlap))
    tuned = questions(held_back=False)
    held_back = questions(held_back=True) if given.held_back else []
    embedder = BuiltinEmbedder(model_folder())
    try:
        found = await search(searched, [*tuned, *held_back], embedder, given.db)
    finally:
        await embedder.close()
    print(f"{len(searched)} passages of at most {given.tokens} tokens\n")
    print(
        f"{len(tuned)} questions that fusion and passages were tuned by\n\n{told(found.some(0, len(tuned)), Weights())}"
    )
    if held_back:
        print(f"\n{len(held_back)} questions held back\n\n{told(found.some(len(tuned)), Weights())}")


if __name__ == "__main__":
    asyncio.run(main())
