"""Tables of text (csv, tsv): each row with the names of its columns, so that a passage says what its numbers are.

Not here: workbooks (`sheets.py`), which have rows of the same form.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from antiphon.errors import UnreadableFile
from antiphon.retrieval.document import Document
from antiphon.retrieval.forms.encoding import read_text
from antiphon.retrieval.forms.writing import Writing

SAMPLE = 8 * 1024
DELIMITERS = ",;\t|"


def read(file: BinaryIO, name: str) -> Document:
    """The rows under the names that the first one gives."""
    text = read_text(file, name)
    writing = Writing(name, "csv")
    try:
        write_rows(writing, csv.reader(io.StringIO(text), delimiter=_delimiter(text[:SAMPLE])))
    except csv.Error as error:
        raise UnreadableFile(f"'{name}' is no table that can be read: {error}. Save it as CSV again.") from None
    return writing.document()


def write_rows(writing: Writing, rows: Iterable[Sequence[str]]) -> None:
    """Each row as `name: value; name: value`. The first one names the columns, if all it has are words."""
    names: Sequence[str] | None = None
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if names is None:
            names = row if _names(row) else ()
            if names:
                writing.write("; ".join(filter(None, map(_line, row))), "row")
                continue
        writing.write("; ".join(_cells(names, row)), "row")


def _names(row: Sequence[str]) -> bool:
    return not any(any(letter.isdigit() for letter in cell) and not any(map(str.isalpha, cell)) for cell in row)


def _cells(names: Sequence[str], row: Sequence[str]) -> Iterable[str]:
    for place, cell in enumerate(row):
        value = _line(cell)
        if value:
            name = _line(names[place]) if place < len(names) else ""
            yield f"{name}: {value}" if name else value


def _line(cell: str) -> str:
    return " ".join(cell.split())


def _delimiter(sample: str) -> str:
    """The one of the usual that stands most often in the first line, outside of quotes as far as lines tell."""
    first = next((line for line in sample.split("\n") if line.strip()), "")
    return max(DELIMITERS, key=first.count)
