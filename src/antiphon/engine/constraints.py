"""A constraint that something a model wrote must keep: a JSON schema, a Lark grammar, a regular expression.

Only the value; pure. Not here: what holds a text against it (`tools/checker.py`, in a process of its own), which of the
model's words are held against one (`review.py`).
"""

from dataclasses import dataclass
from typing import Any, Literal

ConstraintKind = Literal["json_schema", "lark", "regex"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """`definition` is the schema as an object, or the grammar's text; a regular expression matches the whole text."""

    kind: ConstraintKind
    definition: str | dict[str, Any]
