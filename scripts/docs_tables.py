"""Markdown tables and sentences for the generated parts of the reference. Counterpart: `make_docs.py`."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; a bar inside a cell is written so that it stays one."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def first_sentence(text: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((text or "").partition("\n\n")[0].split())


def words_for(name: str, said: Mapping[str, T], where: str) -> T:
    """What somebody wrote about a thing. Raises `SystemExit` that says where to write it, if nobody did."""
    if name not in said:
        raise SystemExit(f"make_docs: nothing is said about {name}; write a sentence into {where}.")
    return said[name]
