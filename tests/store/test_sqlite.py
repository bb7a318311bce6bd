"""The SQLite backend: what becomes of a full disk, a locked or read-only file, and files that are of no use."""

import asyncio
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sample_rows import PROJECT, Make

from antiphon.errors import ConfigFault, NotFound, StoreFault
from antiphon.store.base import Conversation, OpenStore
from antiphon.store.migrate import available
from antiphon.store.open import open_store
from antiphon.store.pages import PageQuery
from antiphon.store.sql_store import SqlStore
from antiphon.store.sqlite import Connection, SqliteBackend, applied, statements, upgrade
from antiphon.wire.answers import StoredItem


def prepared(path: Path) -> Path:
    """A file with the schema and nothing else."""
    connection = Connection(path)
    upgrade(connection)
    connection.close()
    return path


def open_with(path: Path, *pragmas: str, busy_timeout: float = 5.0) -> SqlStore:
    return SqlStore(SqliteBackend(partial(Connection, prepared(path), busy_timeout=busy_timeout, pragmas=pragmas)))


async def test_a_full_disk_is_a_fault_and_what_was_saved_stays(tmp_path: Path, make: Make) -> None:
    store = open_with(tmp_path / "store.db", "max_page_count = 100")
    large = [make.answer(f"resp_{n}", body=b'"' + b"x" * 20_000 + b'"') for n in range(30)]
    outcomes = await asyncio.gather(*(store.save_answer(PROJECT, a) for a in large), return_exceptions=True)
    refused = [outcome for outcome in outcomes if outcome is not None]
    assert 0 < len(refused) < 30
    for fault in refused:
        assert isinstance(fault, StoreFault)
        assert "is full" in fault.message
        assert fault.http_status == 503
    for made, outcome in zip(large, outcomes, strict=True):
        if outcome is None:
            assert (await store.get_answer(PROJECT, made.id)).body == made.body
        else:
            with pytest.raises(NotFound):
                await store.get_answer(PROJECT, made.id)
    kept = next(made for made, outcome in zip(large, outcomes, strict=True) if outcome is None)
    await store.delete_answer(PROJECT, kept.id)
    await store.save_answer(PROJECT, make.answer("resp_small"))
    await store.close()


async def test_a_read_only_file_can_be_read(tmp_path: Path, make: Make) -> None:
    writable = open_with(tmp_path / "store.db")
    await writable.save_answer(PROJECT, made := make.answer("resp_1"))
    await writable.close()
    store = open_with(tmp_path / "store.db", "query_only = ON")
    outcomes = await asyncio.gather(
        *(store.save_answer(PROJECT, make.answer(f"resp_{n}")) for n in range(2, 5)), return_exceptions=True
    )
    assert [isinstance(outcome, StoreFault) and "read-only" in outcome.message for outcome in outcomes] == [True] * 3
    assert (await store.get_answer(PROJECT, "resp_1")).output == made.output
    await store.close()


async def test_a_locked_file_is_waited_for_and_then_a_fault(tmp_path: Path, make: Make) -> None:
    store = open_with(tmp_path / "store.db", busy_timeout=0.05)
    await store.save_answer(PROJECT, make.answer("resp_1"))
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    outcomes = await asyncio.gather(
        *(store.save_answer(PROJECT, make.answer(f"resp_{n}")) for n in range(2, 5)), return_exceptions=True
    )
    assert [isinstance(outcome, StoreFault) and "locked" in outcome.message for outcome in outcomes] == [True] * 3
    await store.get_answer(PROJECT, "resp_1")
    other.execute("ROLLBACK")
    await store.save_answer(PROJECT, make.answer("resp_2"))
    other.close()
    await store.close()


async def test_waiting_for_the_lock_does_not_hold_up_the_loop(tmp_path: Path, make: Make) -> None:
    store = open_with(tmp_path / "store.db")
    other = sqlite3.connect(tmp_path / "store.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    saving = asyncio.create_task(store.save_answer(PROJECT, make.answer("resp_1")))
    for _ in range(5):
        await asyncio.sleep(0.01)
    assert not saving.done()
    threading.Thread(target=other.execute, args=("ROLLBACK",)).start()
    await saving
    other.close()
    await store.close()


async def test_an_open_snapshot_sees_nothing_new_and_disturbs_no_one(tmp_path: Path, make: Make) -> None:
    store = open_with(tmp_path / "store.db")
    await store.save_answer(PROJECT, make.answer("resp_1"))
    export = store.export()
    lines = [await anext(export), await anext(export)]
    await store.save_answer(PROJECT, make.answer("resp_2"))
    lines += [line async for line in export]
    assert len(lines) == 2
    assert b"resp_1" in lines[1]
    await store.close()


async def test_reading_what_was_spoilt_is_a_fault(tmp_path: Path, make: Make) -> None:
    store = open_with(tmp_path / "store.db")
    await store.save_answer(PROJECT, make.answer("resp_1"))
    other = sqlite3.connect(tmp_path / "store.db")
    other.execute("DROP TABLE items")
    other.close()
    with pytest.raises(StoreFault, match="no such table: items"):
        await store.get_answer(PROJECT, "resp_1")
    with pytest.raises(StoreFault, match="no such table: items"):
        [line async for line in store.export()]
    await store.close()


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def size(path: Path) -> int:
    return path.stat().st_size


async def test_the_file_is_its_owners_alone(tmp_path: Path, make: Make) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/store.db")
    await store.save_answer(PROJECT, make.answer("resp_1"))
    assert modes(tmp_path) == {"store.db": 0o600, "store.db-wal": 0o600, "store.db-shm": 0o600}
    await store.close()
    assert modes(tmp_path) == {"store.db": 0o600}


def not_a_database(path: Path) -> None:
    path.write_bytes(b"something else entirely" * 100)


def anothers(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (text)")
    connection.close()


def newer(path: Path) -> None:
    connection = Connection(prepared(path))
    connection.raw.execute("INSERT INTO schema_versions VALUES (9000, 'far_away')")
    connection.close()


@pytest.mark.parametrize(
    ("make_it", "words"),
    [
        (not_a_database, "isn't a SQLite database"),
        (anothers, "aren't Antiphon's"),
        (newer, "newer version"),
        (Path.mkdir, "can't be opened"),
    ],
)
async def test_a_file_that_is_of_no_use_is_named(tmp_path: Path, make_it: Callable[[Path], None], words: str) -> None:
    path = tmp_path / "store.db"
    make_it(path)
    with pytest.raises(ConfigFault, match=words) as caught:
        await open_store(f"sqlite:///{path}")
    assert str(path) in caught.value.message


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match=r"nowhere/store\.db can't be opened: No such file or directory"):
        await open_store(f"sqlite:///{tmp_path}/nowhere/store.db")


def test_the_schema_is_brought_up_to_date_once(tmp_path: Path) -> None:
    connection = Connection(tmp_path / "store.db")
    assert applied(connection) == []
    assert [str(step) for step in upgrade(connection)] == [str(step) for step in available("sqlite")]
    assert applied(connection) == [step.version for step in available("sqlite")]
    assert upgrade(connection) == []
    connection.close()


async def test_a_database_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    connection = Connection(tmp_path / "store.db")
    upgrade(connection)
    connection.close()
    with closing(sqlite3.connect(tmp_path / "store.db")) as raw:
        raw.executescript("DROP TABLE prompts; DELETE FROM schema_versions WHERE version = 2;")
    store = await open_store(f"sqlite:///{tmp_path / 'store.db'}")
    assert (await store.list_prompts("p", PageQuery())).items == []
    await store.close()


def test_an_upgrade_that_fails_leaves_nothing(tmp_path: Path) -> None:
    connection = Connection(tmp_path / "store.db", pragmas=["max_page_count = 5"])
    with pytest.raises(ConfigFault, match="is full"):
        upgrade(connection)
    assert applied(connection) == []
    connection.close()


def test_a_script_is_cut_into_its_statements() -> None:
    script = "-- a; b\nCREATE TABLE a (\n  b\n);\nINSERT INTO a VALUES (';');\n\n"
    assert [part.strip() for part in statements(script)] == [
        "-- a; b\nCREATE TABLE a (\n  b\n);",
        "INSERT INTO a VALUES (';');",
    ]


async def stored_bytes(store: OpenStore, path: Path, turns: list[StoredItem], conversation: str | None) -> int:
    """The size of the file after so many turns of one chain or conversation, each with the same text."""
    text = b'{"type":"message","role":"assistant","content":[{"type":"output_text","text":"' + b"word " * 256 + b'"}]}'
    previous: str | None = None
    for number, item in enumerate(turns):
        made = Make().answer(
            f"resp_{number:032}",
            previous_response_id=None if conversation else previous,
            conversation_id=conversation,
            body=b'{"id":"resp","output":[]' + b',"field":null' * 80 + b"}",
            input=(item,),
            output=(StoredItem(f"msg_{number:033}", text),),
        )
        await store.save_answer(PROJECT, made)
        previous = made.id
    await store.close()
    return size(path)


@pytest.mark.parametrize("conversation", [None, "conv_1"])
async def test_a_turn_costs_the_same_whatever_came_before(tmp_path: Path, conversation: str | None) -> None:
    sizes: list[int] = []
    for turns in (100, 200, 400):
        path = tmp_path / f"{turns}.db"
        store = await open_store(f"sqlite:///{path}")
        empty = size(path)
        if conversation:
            await store.create_conversation(PROJECT, Conversation(id=conversation, created_at=0, metadata={}))
        items = [
            StoredItem(f"msg_in_{n:030}", b'{"type":"message","role":"user","content":"And then?"}')
            for n in range(turns)
        ]
        sizes.append((await stored_bytes(store, path, items, conversation) - empty) // turns)
    assert max(sizes) <= 1.1 * min(sizes)
    assert max(sizes) <= 5000


async def test_an_image_is_stored_once(tmp_path: Path, make: Make) -> None:
    path = tmp_path / "store.db"
    store = await open_store(f"sqlite:///{path}")
    empty = size(path)
    image = b'{"image_url":"data:image/png;base64,' + os.urandom(100_000).hex().encode() + b'"}'
    for number in range(20):
        await store.save_answer(PROJECT, make.answer(f"resp_{number}", input=(StoredItem(f"img_{number}", image),)))
    for number in range(19):
        await store.delete_answer(PROJECT, f"resp_{number}")
    assert (await store.find_item(PROJECT, "img_19")).raw == image
    await store.close()
    assert size(path) < empty + 2 * len(image)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM blobs").fetchone() == (1,)
    connection.close()
    store = await open_store(f"sqlite:///{path}")
    await store.delete_answer(PROJECT, "resp_19")
    await store.close()
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT (SELECT count(*) FROM blobs), (SELECT count(*) FROM blob_uses)").fetchone() == (
        0,
        0,
    )
    assert connection.execute("SELECT (SELECT count(*) FROM items), (SELECT count(*) FROM responses)").fetchone() == (
        0,
        0,
    )
    connection.close()
