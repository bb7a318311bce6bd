"""Words as PostgreSQL has them: a bounded number of passages is ranked, those of one store alone."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from postgres_server import PostgresServer
from sample_rows import PROJECT
from sample_vectors import file, found, made, passages, read

from antiphon.store import tsvector
from antiphon.store.migrate import available
from antiphon.store.open import open_store
from antiphon.store.pgvector import PgvectorNear
from antiphon.store.postgres import open_backend
from antiphon.store.sql_store import SqlStore
from antiphon.store.sql_vectors import SqlVectors
from antiphon.store.tsvector import Tsvector
from antiphon.store.vectors import Search

PETS = ("pet cat one", "pet cat two", "pet cat three", "pet dog two", "fish")


async def fresh_url(server: PostgresServer) -> str:
    connection = await asyncpg.connect(server.url())
    await connection.execute("DROP SCHEMA IF EXISTS words CASCADE; CREATE SCHEMA words")
    await connection.close()
    return server.url("words")


@pytest.fixture
async def store(postgres: PostgresServer) -> AsyncIterator[SqlStore]:
    """A store in which words of more than two passages are common."""
    backend = await open_backend(await fresh_url(postgres))
    store = SqlStore(backend, vectors=SqlVectors(backend, PgvectorNear(backend), Tsvector(backend, common=2)))
    await store.vectors.ready()
    await store.vectors.create(PROJECT, made())
    yield store
    await store.close()


async def test_common_words_are_ranked_only_where_there_is_no_other(store: SqlStore) -> None:
    await read(store, "file-1", *PETS)
    for _ in ("counted", "known"):
        assert await found(store, "pet fish") == ([], ["fish"])
        assert set((await found(store, "pet two"))[1]) == {"pet cat two", "pet dog two"}
        assert set((await found(store, "pet cat"))[1]) == {"pet cat one", "pet cat two", "pet cat three"}
        assert set((await found(store, "cat nobody"))[1]) == {"pet cat one", "pet cat two", "pet cat three"}
        assert await found(store, "nobody nothing") == ([], [])


async def test_where_no_passage_has_all_words_the_most_common_is_left_out(store: SqlStore) -> None:
    await read(store, "file-1", *["a red fox"] * 5, *["a blue fox"] * 4, *["green"] * 3)
    assert set((await found(store, "red blue fox"))[1]) == {"a red fox"}, "of equally common words the first count"
    assert set((await found(store, "green blue"))[1]) == {"green"}


async def test_words_that_the_language_leaves_out_find_nothing(store: SqlStore) -> None:
    await read(store, "file-1", *PETS)
    for _ in ("counted", "known"):
        assert await found(store, "having") == ([], [])
        assert await found(store, "having fish") == ([], ["fish"])
        assert set((await found(store, "having pet cat"))[1]) == {"pet cat one", "pet cat two", "pet cat three"}


async def test_those_with_the_rarest_words_come_into_the_ranking(store: SqlStore) -> None:
    await read(store, "file-1", "red", "red", "blue", "red blue green")
    only = Search(words="blue green", vector=b"", limit=1)
    (best,) = (await store.vectors.search(PROJECT, "vs_1", only)).words
    assert [one.text for one in await store.vectors.passages(PROJECT, "vs_1", [best])] == ["red blue green"]


@pytest.mark.parametrize("others", [0, 3, 20])
async def test_another_store_with_the_same_words_is_left_alone(
    store: SqlStore, postgres: PostgresServer, others: int
) -> None:
    """Whether most passages are its own, or few, and before the planner knows."""
    await store.vectors.create(PROJECT, made("vs_2"))
    await store.vectors.attach(PROJECT, "vs_2", [file("file-2")])
    (held,) = await store.vectors.hold("me", 2e9, 1)
    another = ("cat of another", "dog", *["cat again dog"] * others)
    assert await store.vectors.finish(held, passages(*another), 2)
    await read(store, "file-1", "cat here dog", "# 2 cats", "dog")
    for _ in ("young", "known"):
        assert set((await found(store, "cat"))[1]) == {"cat here dog", "# 2 cats"}
        assert set((await found(store, "cat nobody"))[1]) == {"cat here dog", "# 2 cats"}
        assert (await found(store, "cat dog"))[1][0] == "cat here dog"
        await read(store, "file-3", "dog again", "dog here")
        assert set((await found(store, "dog"))[1]) == {"cat here dog", "dog", "dog again", "dog here"}
        connection = await asyncpg.connect(postgres.url("words"))
        await connection.execute("ANALYZE passages")
        await connection.close()


async def test_words_that_statistics_know_as_common_are_not_counted(store: SqlStore, postgres: PostgresServer) -> None:
    await store.vectors.create(PROJECT, made("vs_2"))
    await store.vectors.attach(PROJECT, "vs_2", [file("file-2")])
    (held,) = await store.vectors.hold("me", 2e9, 1)
    assert await store.vectors.finish(held, passages("pets", "pet", "pet", "fish"), 2)
    await read(store, "file-1", *PETS * 2)
    backend = await open_backend(postgres.url("words"))
    words = Tsvector(backend, common=2, large=9)
    store.vectors = SqlVectors(backend, PgvectorNear(backend), words)
    assert await words._known(2, ["pet"], 10) == {}, "nothing is known of a young table"
    connection = await asyncpg.connect(postgres.url("words"))
    await connection.execute("ANALYZE passages")
    await connection.close()
    assert await words._known(2, ["pets", "fish", "nobody", "having"], 10) == {"pets": 7}
    assert await words._known(2, ["cat"], 10) == {}, "the other store has four passages, which might have it"
    assert await words._known(1, ["pets"], 4) == {}, "a small store is counted"
    assert await found(store, "pet fish") == ([], ["fish", "fish"])
    assert len((await found(store, "pets", limit=20))[1]) == 8
    assert len((await found(store, "pets cat", limit=20))[1]) == 6
    await backend.close()


@pytest.mark.parametrize("amount", [10, tsvector.MANY])
async def test_a_filter_is_applied_before_words_are_counted(store: SqlStore, amount: int) -> None:
    texts = [f"cat {number}" for number in range(amount)]
    await read(store, "file-1", *texts, attributes={"n": 1})
    await read(store, "file-2", "cat rare", "cat dog", attributes={"n": 2})
    few = await found(store, "cat rare", wanted=lambda given: given["n"] == 2)
    assert few == ([], ["cat rare", "cat dog"])
    both = await found(store, "dog 7", wanted=lambda _: True, limit=9)
    assert set(both[1]) == {"cat 7", "cat dog"}
    assert len((await found(store, "cat", wanted=lambda _: True, limit=9))[1]) == 9


async def test_words_that_an_earlier_version_kept_are_found(postgres: PostgresServer) -> None:
    url = await fresh_url(postgres)
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE schema_versions (version bigint PRIMARY KEY, name text NOT NULL)")
    for step in available("postgres"):
        if step.version < 12:
            await connection.execute(step.sql)
            await connection.execute("INSERT INTO schema_versions VALUES ($1, $2)", step.version, step.name)
    await connection.execute(
        "INSERT INTO vector_stores (project, id, created_at, name, metadata, last_active_at, model, dimension, follows)"
        " VALUES ('default', 'vs_1', 1, '', '{}', 1, 'm', 0, 1);"
        "INSERT INTO vector_files (store, id, filename, created_at, status, attributes, most_tokens, overlap_tokens, "
        "batch, passages) VALUES (1, 'f', 'f', 1, 'completed', '{}', 800, 400, 0, 1);"
        "INSERT INTO passages VALUES (nextval('passage_keys'), 1, 1, 0, 0, 1, NULL, '[]', '', 'cats',"
        " to_tsvector('english', 'cats'))"
    )
    await connection.close()
    store = await open_store(url)
    assert await found(store, "cat") == ([], ["cats"])
    await store.close()
