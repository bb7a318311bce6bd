"""Fills a PostgreSQL database with passages faster than a server would: indexes that cost much are made afterwards.

Rows are written by the store itself, and indexes are made as they were or as the store makes them. Not here: which
passages (`corpus.py`). Counterpart: `retrieval.py`, which searches them.
"""

import time
from collections.abc import Callable

import asyncpg

from antiphon.store.pgvector import PgvectorNear
from antiphon.store.postgres import open_backend
from antiphon.store.sql_vectors import SqlVectors
from antiphon.store.vectors import VectorFile, Vectors, VectorStore
from bench.corpus import NUMBERS, Corpus

PROJECT, STORE = "default", "vs_1"
SLOW = """SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = current_schema() AND tablename = 'passages' AND indexdef LIKE '%USING gin%'"""

Note = Callable[[str], None]
"""Is told how long each part took."""


async def made(vectors: Vectors) -> None:
    """An empty vector store."""
    await vectors.ready()
    await vectors.create(PROJECT, VectorStore(id=STORE, created_at=1, last_active_at=1, model="m"))


async def kept(vectors: Vectors, corpus: Corpus, number: int) -> float:
    """Keep a file as a server does; the seconds that it took, without making it up."""
    passages = corpus.file(number)
    began = time.perf_counter()
    file = VectorFile(
        id=f"file-{number}",
        created_at=1,
        filename="f",
        attributes={"n": number % 10},
        most_tokens=800,
        overlap_tokens=0,
    )
    await vectors.attach(PROJECT, STORE, [file])
    (held,) = await vectors.hold("bench", 4e9, 1)
    await vectors.finish(held, passages, NUMBERS)
    return time.perf_counter() - began


async def filled_at_once(url: str, corpus: Corpus, note: Note = print) -> None:
    """Keep all files without indexes of words and vectors, and make these then."""
    backend = await open_backend(url)
    owner = await asyncpg.connect(url)
    try:
        late = SqlVectors(backend, PgvectorNear(backend, exact=corpus.passages))
        slow = await owner.fetch(SLOW)
        for name, _ in slow:
            await owner.execute(f'DROP INDEX "{name}"')
        began = time.perf_counter()
        await made(late)
        for number in range(corpus.files):
            await kept(late, corpus, number)
        note(f"rows: {time.perf_counter() - began:.0f} s")
        for name, definition in slow:
            began = time.perf_counter()
            await owner.execute(definition)
            note(f"{name}: {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        await SqlVectors(backend, PgvectorNear(backend)).grown()
        note(f"vectors: {time.perf_counter() - began:.0f} s")
        await owner.execute("VACUUM ANALYZE")
    finally:
        await owner.close()
        await backend.close()
