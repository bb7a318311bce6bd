"""The named SQL statements, read from the `.sql` files beside this module.

A statement opens with `-- name: find_item`, has a line or more that describe it, and takes `:named`
parameters. `sql/queries/` holds what all databases word alike, `sql/<dialect>/` the rest.
Not here: schemas (`migrate.py`) and carrying statements out. Counterpart: `operations/`, which names them.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from msgspec import Struct

Dialect = Literal["sqlite", "postgres"]

NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)
# A step of the schema, which isn't asked by name.
STEP = re.compile(r"\d{4}_")
# `:name`, but not the cast `::text`.
PARAMETER = re.compile(r"(?<!:):([a-z_]+)")


class Query(Struct, frozen=True):
    """One statement: its text with `:named` parameters, and what it is for."""

    name: str
    about: str
    sql: str

    def numbered(self) -> tuple[str, tuple[str, ...]]:
        """The text with `$1`, `$2`… for the parameters, and their names in that order."""
        names = tuple(dict.fromkeys(PARAMETER.findall(self.sql)))
        return PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", self.sql), names


@cache
def load(dialect: Dialect) -> Mapping[str, Query]:
    """Every statement a dialect has, by name."""
    sql = files("antiphon.store").joinpath("sql")
    shared = [path for path in sql.joinpath("queries").iterdir() if path.name.endswith(".sql")]
    own = [path for path in sql.joinpath(dialect).iterdir() if path.name.endswith(".sql") and not STEP.match(path.name)]
    texts = [path.read_text("utf-8") for path in (*shared, *own)]
    return {query.name: query for text in texts for query in parse(text)}


def parse(text: str) -> list[Query]:
    """The statements of one file."""
    pieces = NAME.split(text)[1:]
    return [_query(name, block) for name, block in zip(pieces[::2], pieces[1::2], strict=True)]


def _query(name: str, block: str) -> Query:
    """Part the description, the comment lines that come first, from the statement."""
    lines = block.strip().splitlines()
    about = [line[2:].strip() for line in lines if line.startswith("--")]
    sql = [line for line in lines if not line.startswith("--")]
    return Query(name, " ".join(about), "\n".join(sql).rstrip().removesuffix(";"))
