"""SQLite's errors as sentences; each is provoked in SQLite itself."""

import sqlite3
from pathlib import Path

import pytest

from antiphon.errors import ConfigFault, StoreFault
from antiphon.store.sqlite_faults import SENTENCES, config_fault, store_fault

PATH = Path("/data/store.db")


def provoked(*statements: str) -> sqlite3.Error:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for statement in statements:
            connection.execute(statement)
    except sqlite3.Error as error:
        return error
    finally:
        connection.close()
    raise AssertionError


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (("PRAGMA max_page_count = 2", "CREATE TABLE a (b)", "CREATE TABLE c (d)"), "is full"),
        (("PRAGMA query_only = ON", "CREATE TABLE a (b)"), "read-only"),
        (("SELECT zeroblob(2000000000)",), "larger than"),
        (("ATTACH '/nowhere/at/all.db' AS x", "SELECT * FROM x.sqlite_master"), "can't be opened"),
        (("nonsense",), "failed: near"),
    ],
)
def test_what_went_wrong_is_said_with_the_path(statements: tuple[str, ...], words: str) -> None:
    fault = store_fault(provoked(*statements), PATH)
    assert isinstance(fault, StoreFault)
    assert words in fault.message
    assert words == "larger than" or str(PATH) in fault.message


def test_an_extended_code_is_read_as_its_primary_one() -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_WRITE"
    fault = config_fault(error, PATH)
    assert isinstance(fault, ConfigFault)
    assert fault.message == SENTENCES["SQLITE_IOERR"].format(path=PATH, error=error)
