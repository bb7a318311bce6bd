"""Workbooks (xlsx): a page a sheet, under its name; rows with the names of their columns, formulas by their values.

Not here: the archive (`archive.py`), tables of text (`tables.py`).
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from antiphon.errors import UnreadableFile
from antiphon.retrieval.bounds import MOST_CELLS
from antiphon.retrieval.document import Document
from antiphon.retrieval.forms.archive import OFFICE, broken, check_xml, member, opened
from antiphon.retrieval.forms.tables import write_rows
from antiphon.retrieval.forms.writing import Writing


def read(file: BinaryIO, name: str) -> Document:
    """All sheets in their order."""
    with opened(file, name) as archive:
        check_xml(archive, name)
        member(archive, "[Content_Types].xml", name)
    file.seek(0)
    writing = Writing(name, "xlsx")
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        counted = _Cells(name)
        for number, sheet in enumerate(book.worksheets, start=1):
            writing.page = number
            writing.heading(str(sheet.title), 1)
            sheet.reset_dimensions()
            write_rows(writing, counted.rows(sheet))
    except (*OFFICE, InvalidFileException) as error:
        raise broken(name, error) from None
    return writing.document()


class _Cells:
    """Counts the cells of a workbook."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0

    def rows(self, sheet: Any) -> Iterator[list[str]]:  # noqa: ANN401 - openpyxl carries no types
        for row in sheet.iter_rows(values_only=True):
            self._count += len(row)
            if self._count > MOST_CELLS:
                raise UnreadableFile(
                    f"'{self._name}' has more than {MOST_CELLS:,} cells. Split it into smaller workbooks."
                )
            yield ["" if value is None else str(value) for value in row]
