"""PostgreSQL compares: each passage of a small store, by an index in a large one; the same is found."""

import math
from functools import partial

import asyncpg
import pytest
from postgres_server import PostgresServer
from sample_rows import PROJECT
from sample_vectors import file, found, made, passages, read, vector

from antiphon.errors import StoreFault
from antiphon.store.pgvector import PgvectorNear, _make_index, numbers, reach
from antiphon.store.postgres import PostgresBackend, open_backend
from antiphon.store.queries import load
from antiphon.store.sql_store import SqlStore
from antiphon.store.sql_vectors import SqlVectors
from antiphon.store.tsvector import Tsvector

INDEX = "passage_vectors_near_1"


@pytest.fixture
async def backend(postgres: PostgresServer) -> PostgresBackend:
    connection = await asyncpg.connect(postgres.url())
    await connection.execute("DROP SCHEMA IF EXISTS vectors CASCADE; CREATE SCHEMA vectors")
    await connection.close()
    return await open_backend(postgres.url("vectors"))


async def test_a_large_store_has_an_index_which_finds_the_same(backend: PostgresBackend) -> None:
    store = SqlStore(backend, vectors=SqlVectors(backend, PgvectorNear(backend, exact=10), Tsvector(backend)))
    await store.vectors.ready()
    await store.vectors.create(PROJECT, made())
    texts = [f"cat {number}" for number in range(60)]
    at = [vector(math.cos(0.02 * number), math.sin(0.02 * number)) for number in range(60)]
    for half in (0, 30):
        await store.vectors.attach(PROJECT, "vs_1", [file(f"file-{half}", attributes={"n": half})])
        (held,) = await store.vectors.hold("me", 2e9, 1)
        assert await store.vectors.finish(held, passages(*texts[half : half + 30], at=at[half : half + 30]), 2)
    for again in (SqlVectors(backend, PgvectorNear(backend, exact=10), Tsvector(backend)), store.vectors):
        store.vectors = again
        assert (await found(store, "", vector(1, 0), limit=5))[0] == texts[:5]
        late = await found(store, "", vector(1, 0), limit=3, wanted=lambda given: given["n"] == 30)
        assert late[0] == texts[30:33]
        exact = SqlVectors(backend, PgvectorNear(backend, exact=100), Tsvector(backend))
        store.vectors = exact
        assert (await found(store, "", vector(1, 0), limit=5))[0] == texts[:5]
    await store.vectors.delete(PROJECT, "vs_1")
    await store.close()


async def grown(backend: PostgresBackend, passages_: int) -> SqlStore:
    """A store whose index is made beyond ten passages."""
    store = SqlStore(backend, vectors=SqlVectors(backend, PgvectorNear(backend, exact=10), Tsvector(backend)))
    await store.vectors.ready()
    await store.vectors.create(PROJECT, made())
    at = [vector(math.cos(0.02 * number), math.sin(0.02 * number)) for number in range(passages_)]
    await read(store, "file-0", *map(str, range(passages_)), at=at)
    return store


async def test_an_index_that_was_given_up_is_made_again(backend: PostgresBackend) -> None:
    store = await grown(backend, 20)
    connection = await asyncpg.connect(backend._url)
    spoilt = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = $1::regclass"
    await connection.execute(spoilt, INDEX)
    near = PgvectorNear(backend, exact=10)
    store.vectors = SqlVectors(backend, near, Tsvector(backend))
    assert (await found(store, "", vector(1, 0), limit=3))[0] == ["0", "1", "2"]
    assert not near._indexed
    await near.grown(1, 2)
    assert (await found(store, "", vector(1, 0), limit=3))[0] == ["0", "1", "2"]
    assert near._indexed == {1}
    assert await connection.fetchval("SELECT indisvalid FROM pg_index WHERE indexrelid = $1::regclass", INDEX)
    await connection.close()
    await store.vectors.delete(PROJECT, "vs_1")
    await store.close()


async def test_one_process_makes_an_index(backend: PostgresBackend) -> None:
    other = await asyncpg.connect(backend._url)
    await other.execute(load("postgres")["hold_vector_index"].sql.format(store=1))
    store = await grown(backend, 20)
    assert await other.fetchval("SELECT to_regclass($1)", INDEX) is None
    assert (await found(store, "", vector(1, 0), limit=3))[0] == ["0", "1", "2"]
    await other.execute("SELECT pg_advisory_unlock_all()")
    await read(store, "file-1", "later")
    assert await other.fetchval("SELECT to_regclass($1)", INDEX)
    await other.execute(load("postgres")["hold_vector_index"].sql.format(store=1))
    await store.vectors.delete(PROJECT, "vs_1")
    assert await other.fetchval("SELECT to_regclass($1)", INDEX), "whoever makes it drops it"
    await other.execute(f"DROP INDEX {INDEX}")
    await other.close()
    await store.close()


async def test_the_index_of_a_store_that_was_deleted_meanwhile_goes(backend: PostgresBackend) -> None:
    near = PgvectorNear(backend)
    await near.ready()
    await backend.build(partial(_make_index, {"schema": near._schema, "store": 7, "dimension": 2}))
    connection = await asyncpg.connect(backend._url)
    assert (
        await connection.fetchval("SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'passage_vectors_near%'") == 0
    )
    await connection.close()
    await backend.close()


async def test_a_database_without_the_extension_says_so(backend: PostgresBackend) -> None:
    connection = await asyncpg.connect(backend._url)
    here = await connection.fetchval("SELECT count(*) FROM pg_extension WHERE extname = 'vector'")
    await connection.execute("DROP EXTENSION IF EXISTS vector CASCADE")
    await connection.execute("CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA vectors TO guest")
    try:
        await backend.close()
        guest = await asyncpg.create_pool(backend._url.replace("postgres@", "guest@", 1), min_size=0, max_size=1)
        near = PgvectorNear(PostgresBackend(backend._url.replace("postgres@", "guest@", 1), guest))
        with pytest.raises(StoreFault, match="CREATE EXTENSION vector"):
            await near.ready()
        await near._backend.close()
    finally:
        await connection.execute("REVOKE USAGE ON SCHEMA vectors FROM guest; DROP ROLE guest")
        if here:
            await connection.execute("CREATE EXTENSION vector SCHEMA public")
        await connection.close()


async def test_where_an_index_gives_up_each_is_compared(postgres: PostgresServer, backend: PostgresBackend) -> None:
    await backend.close()
    backend = await open_backend(postgres.url("vectors") + "&hnsw.max_scan_tuples=1")
    store = SqlStore(backend, vectors=SqlVectors(backend, PgvectorNear(backend, exact=10), Tsvector(backend)))
    await store.vectors.ready()
    await store.vectors.create(PROJECT, made())
    at = [vector(math.cos(0.007 * number), math.sin(0.007 * number)) for number in range(400)]
    for part in range(0, 400, 100):
        await read(store, f"file-{part}", *map(str, range(part, part + 100)), at=at[part:], attributes={"n": part})
    far = await found(store, "", vector(1, 0), limit=5, wanted=lambda given: given["n"] == 300)
    assert far[0] == ["300", "301", "302", "303", "304"]
    await store.vectors.delete(PROJECT, "vs_1")
    await store.close()


def test_an_index_looks_further_in_a_larger_store() -> None:
    assert [reach(passages) for passages in (20, 250_000, 1_000_000, 9_000_000)] == [100, 100, 400, 1000]


def test_numbers_are_those_of_the_bytes() -> None:
    assert numbers(vector(1, 0.5, -2)) == [1, 0.5, -2]
