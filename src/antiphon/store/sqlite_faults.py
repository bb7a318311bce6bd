"""The one place where SQLite's errors become ours. Counterpart: `postgres_faults.py`."""

import sqlite3
from pathlib import Path

from antiphon.errors import ConfigFault, StoreFault

# SQLite's primary result codes, by the sentence that says what to do. https://www.sqlite.org/rescode.html
SENTENCES = {
    "SQLITE_FULL": "The disk that holds the database {path} is full; nothing was saved. Free some space.",
    "SQLITE_BUSY": "The database {path} is locked by another process that doesn't let go; nothing was saved.",
    "SQLITE_LOCKED": "The database {path} is locked; nothing was saved.",
    "SQLITE_READONLY": "The database {path} is read-only; nothing was saved. Check the file's and its folder's owner.",
    "SQLITE_IOERR": "The disk that holds the database {path} failed: {error}.",
    "SQLITE_CORRUPT": "The database {path} is damaged: {error}. Restore it from a copy.",
    "SQLITE_NOTADB": "The file {path} isn't a SQLite database.",
    "SQLITE_CANTOPEN": "The database {path} can't be opened; does its folder exist, and may this user write there?",
    "SQLITE_TOOBIG": "Something to be saved is larger than SQLite keeps in one row.",
}


def store_fault(error: sqlite3.Error, path: Path) -> StoreFault:
    """What a failed statement means to the one who asked for it."""
    return StoreFault(_sentence(error, path))


def config_fault(error: sqlite3.Error, path: Path) -> ConfigFault:
    """Why the database can't be opened."""
    return ConfigFault(_sentence(error, path))


def _sentence(error: sqlite3.Error, path: Path) -> str:
    """The sentence for the error's code; extended codes (`SQLITE_IOERR_READ`) begin with their primary one."""
    name = getattr(error, "sqlite_errorname", "")
    for code, sentence in SENTENCES.items():
        if name == code or name.startswith(f"{code}_"):
            return sentence.format(path=path, error=error)
    return f"The database {path} failed: {error}."
