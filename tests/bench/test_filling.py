"""A database that is filled at once has the rows and the indexes of one that a server has filled."""

import asyncpg
from bench.corpus import Corpus
from bench.filling import PROJECT, STORE, filled_at_once, kept, made
from postgres_server import postgres_server

from antiphon.store.open import open_store
from antiphon.store.vectors import Search

INDEXES = "SELECT replace(indexdef, $1 || '.', '') FROM pg_indexes WHERE schemaname = $1 AND tablename LIKE 'passage%'"


async def test_both_ways_make_the_same() -> None:
    corpus, said, found, indexes = Corpus(300), list[str](), [], []
    words, vector = corpus.query()
    with postgres_server() as server:
        connection = await asyncpg.connect(server.url())
        for schema in ("quick", "slow"):
            await connection.execute(f"CREATE SCHEMA {schema}")
            if schema == "quick":
                await filled_at_once(server.url(schema), corpus, said.append)
            store = await open_store(server.url(schema))
            if schema == "slow":
                await made(store.vectors)
                assert all([await kept(store.vectors, corpus, number) > 0 for number in range(corpus.files)])
            found.append(await store.vectors.search(PROJECT, STORE, Search(words=words, vector=vector)))
            await store.close()
            indexes.append({row[0] for row in await connection.fetch(INDEXES, schema)})
        await connection.close()
    assert found[0] == found[1]
    assert indexes[0] == indexes[1]
    assert [line.split(":")[0] for line in said] == ["rows", "passages_by_word", "vectors"]
