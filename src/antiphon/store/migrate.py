"""Which numbered schema changes a database still needs. Pure, but for reading this package's own files.

`sql/<dialect>/NNNN_name.sql` are applied in order, each in one transaction, and never edited once released.
A database notes in `schema_versions` what it has. Not here: carrying them out (`sqlite.py`, `postgres.py`)
and the command line. Counterpart: `open.py`, which does it when a store is opened.
"""

import re
from collections.abc import Collection
from importlib.resources import files

from msgspec import Struct

from antiphon.errors import ConfigFault
from antiphon.store.queries import Dialect

FILE = re.compile(r"(\d{4})_(\w+)\.sql")


class Migration(Struct, frozen=True):
    """One step of the schema."""

    version: int
    name: str
    sql: str

    def __str__(self) -> str:
        return f"{self.version:04d} {self.name}"


def available(dialect: Dialect) -> list[Migration]:
    """All steps this version of the program knows, in order."""
    found: list[Migration] = []
    for path in files("antiphon.store").joinpath("sql", dialect).iterdir():
        match = FILE.fullmatch(path.name)
        if match:
            found.append(Migration(int(match[1]), match[2], path.read_text("utf-8")))
    return sorted(found, key=lambda migration: migration.version)


def plan(dialect: Dialect, applied: Collection[int], where: str) -> list[Migration]:
    """The steps that a database with these versions lacks, in order.

    Raises `ConfigFault` when it has a step that this version of the program doesn't know; `where` names it.
    """
    known = available(dialect)
    newest = known[-1].version
    if applied and max(applied) > newest:
        raise ConfigFault(
            f"The database {where} was written by a newer version of Antiphon (its schema is {max(applied)}, this "
            f"version knows {newest}). Update Antiphon, or choose another database."
        )
    return [migration for migration in known if migration.version not in applied]


def foreign(where: str) -> ConfigFault:
    """The database holds something, but nothing of ours."""
    return ConfigFault(
        f"The database {where} holds tables that aren't Antiphon's. Choose another database, or an empty one."
    )
