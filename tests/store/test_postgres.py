"""The PostgreSQL backend: a server that is restarted, read-only or not there, and databases that are of no use."""

import asyncio
from collections.abc import Iterator
from functools import partial

import asyncpg
import pytest
from postgres_server import PostgresServer, postgres_server
from sample_rows import PROJECT, Make

from antiphon.errors import ConfigFault, StoreFault
from antiphon.store.asks import Each, Fetch, Steps
from antiphon.store.base import Conversation
from antiphon.store.migrate import available
from antiphon.store.open import open_store
from antiphon.store.operations.saving import Save
from antiphon.store.postgres import Statement, applied, connect, open_backend, shown, upgrade
from antiphon.wire.answers import Answer

ONLY_POSTGRES = pytest.mark.parametrize("store_url", ["postgres"], indirect=True)


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may stop."""
    with postgres_server() as server:
        yield server


@pytest.mark.parametrize("mode", ["fast", "immediate", "kill"])
async def test_a_restart_under_load_is_a_fault_until_it_is_over(
    own_server: PostgresServer, make: Make, mode: str
) -> None:
    store = await open_store(own_server.url())
    answers = [make.answer(f"resp_{mode}_{number}", 2, 2) for number in range(2000)]
    saved: list[Answer] = []
    faults: list[StoreFault] = []
    loaded, over = asyncio.Event(), asyncio.Event()

    async def save(mine: list[Answer]) -> None:
        for made in mine:
            try:
                await store.save_answer(PROJECT, made)
                saved.append(made)
                if len(saved) >= 100:
                    loaded.set()
            except StoreFault as fault:
                faults.append(fault)
                await over.wait()

    savers = [asyncio.create_task(save(answers[start::16])) for start in range(16)]
    await loaded.wait()
    await asyncio.to_thread(own_server.kill if mode == "kill" else partial(own_server.stop, mode))
    before = len(saved)
    with pytest.raises(StoreFault):
        await store.get_answer(PROJECT, answers[0].id)
    await asyncio.to_thread(own_server.start)
    over.set()
    await asyncio.gather(*savers)
    assert faults
    assert len(saved) > before
    for made in saved:
        assert (await store.get_answer(PROJECT, made.id)).output == made.output
    await store.close()


async def test_closing_after_the_server_went_is_quiet(
    own_server: PostgresServer, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    store = await open_store(own_server.url())
    await store.save_answer(PROJECT, make.answer("resp_close"))
    await asyncio.to_thread(own_server.stop)
    await store.close()
    await asyncio.to_thread(own_server.start)
    assert [record.getMessage() for record in caplog.records] == []
    with pytest.raises(StoreFault):
        await store.get_answer(PROJECT, "resp_close")


@ONLY_POSTGRES
async def test_a_read_only_server_can_be_read(store_url: str, make: Make) -> None:
    writable = await open_store(store_url)
    await writable.save_answer(PROJECT, made := make.answer("resp_1"))
    await writable.close()
    store = await open_store(f"{store_url}&default_transaction_read_only=on")
    with pytest.raises(StoreFault, match="read-only"):
        await store.save_answer(PROJECT, make.answer("resp_2"))
    assert (await store.get_answer(PROJECT, "resp_1")).output == made.output
    await store.close()


@ONLY_POSTGRES
async def test_a_database_that_is_of_no_use_is_named(store_url: str) -> None:
    connection = await asyncpg.connect(store_url)
    await connection.execute("CREATE TABLE notes (text text)")
    with pytest.raises(ConfigFault, match="aren't Antiphon's"):
        await open_store(store_url)
    await connection.execute("DROP TABLE notes")
    await (await open_store(store_url)).close()
    await connection.execute("INSERT INTO schema_versions VALUES (9000, 'far_away')")
    await connection.close()
    with pytest.raises(ConfigFault, match="newer version"):
        await open_store(store_url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://u:secret@127.0.0.1:1/db", "can't be reached"),
        ("postgresql://u:secret@127.0.0.1:port/db", "port"),
        ("postgresql://postgres@/nowhere?host=FOLDER", "no such database"),
        ("postgresql://nobody_we_know@/postgres?host=FOLDER", "refuses|failed"),
    ],
)
async def test_a_server_that_cannot_be_had_is_named_without_its_password(
    postgres: PostgresServer, url: str, words: str
) -> None:
    with pytest.raises(ConfigFault, match=words) as caught:
        await open_store(url.replace("FOLDER", str(postgres.folder)))
    assert "secret" not in caught.value.message
    assert "postgresql://" in caught.value.message


def test_a_url_is_shown_without_its_password() -> None:
    assert shown("postgresql://u:p%40ss@h:5432/db?a=b") == "postgresql://u:…@h:5432/db?a=b"
    assert shown("postgresql://u@h/db") == "postgresql://u@h/db"


@ONLY_POSTGRES
async def test_the_schema_is_brought_up_to_date_once_even_by_two(store_url: str) -> None:
    one, other = await connect(store_url), await connect(store_url)
    assert await applied(one, "here") == []
    done = await asyncio.gather(upgrade(one, "here"), upgrade(other, "here"))
    assert sorted(done, key=len) == [[], available("postgres")]
    assert await applied(other, "here") == [step.version for step in available("postgres")]
    await one.raw.close()
    await other.raw.close()


@ONLY_POSTGRES
async def test_a_spoilt_row_does_not_sink_its_group(store_url: str, make: Make) -> None:
    backend = await open_backend(store_url)
    spoilt = make.answer("resp_\x00")  # No store lets this through to its backend.
    answers = [make.answer(f"resp_{number}") for number in range(10)]
    outcomes = await asyncio.gather(
        *(backend.submit(Save(PROJECT, made)) for made in (*answers[:5], spoilt, *answers[5:])),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [type(None)] * 5 + [StoreFault] + [type(None)] * 5
    await backend.close()


@ONLY_POSTGRES
async def test_an_open_snapshot_sees_nothing_new(store_url: str, make: Make) -> None:
    store = await open_store(store_url)
    await store.create_conversation(PROJECT, Conversation(id="conv_1", created_at=0, metadata={}))
    export = store.export()
    lines = [await anext(export), await anext(export)]
    await store.save_answer(PROJECT, make.answer("resp_2"))
    lines += [line async for line in export]
    assert len(lines) == 2
    await store.close()


@ONLY_POSTGRES
async def test_reading_what_was_spoilt_is_a_fault(store_url: str, make: Make) -> None:
    store = await open_store(store_url)
    await store.save_answer(PROJECT, make.answer("resp_1"))
    connection = await asyncpg.connect(store_url)
    await connection.execute("DROP TABLE items")
    await connection.close()
    with pytest.raises(StoreFault, match='"items" does not exist'):
        await store.get_answer(PROJECT, "resp_1")
    with pytest.raises(StoreFault, match='"items" does not exist'):
        [line async for line in store.export()]
    await store.close()


@ONLY_POSTGRES
async def test_what_is_built_aside_is_in_no_transaction(store_url: str) -> None:
    backend = await open_backend(store_url)

    def half() -> Steps[None]:
        yield Fetch("insert_chat_tag", {"chat": 1, "name": "a", "value": "x"})
        yield Fetch("make_vector_index", {}, {"store": 1, "schema": "nowhere", "dimension": 2})

    with pytest.raises(StoreFault, match="nowhere"):
        await backend.build(half)
    connection = await asyncpg.connect(store_url)
    assert await connection.fetchval("SELECT count(*) FROM chat_tags") == 1
    await connection.close()
    await backend.close()


def test_a_statement_takes_rows_or_columns() -> None:
    statement = Statement("SELECT $1, $2", ("a", "b"))
    assert not statement.unnests
    assert statement.row({"b": 2, "a": 1}) == [1, 2]
    assert Statement("SELECT * FROM unnest($1)", ("a",)).unnests
    assert statement.columns([{"a": 1, "b": 2}, {"a": 3, "b": 4}]) == [[1, 3], [2, 4]]


@ONLY_POSTGRES
async def test_one_statement_for_each_row(store_url: str) -> None:
    connection = await connect(store_url)
    await upgrade(connection, "here")
    await connection.answer(Each("insert_chat_tag", [{"chat": 1, "name": "a", "value": v} for v in "xyz"]))
    assert len(await connection.raw.fetch("SELECT * FROM chat_tags")) == 3
    await connection.answer(Fetch("delete_chat_tags", {"chat": 1}))
    assert await connection.raw.fetch("SELECT * FROM chat_tags") == []
    await connection.raw.close()
