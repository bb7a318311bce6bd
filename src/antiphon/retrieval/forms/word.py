"""Documents of Word (docx): headings by their style, paragraphs, lists, rows of tables, in the order of the text.

Not here: the archive (`archive.py`). Not read: headers and footers, comments, footnotes.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import docx
from docx.document import Document as Opened
from docx.table import Table, _Row
from docx.text.paragraph import Paragraph

from antiphon.retrieval.document import Document
from antiphon.retrieval.forms.archive import OFFICE, broken, check_xml, member, opened
from antiphon.retrieval.forms.writing import Writing

HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
Styles = dict[str | None, str]
"""Names of styles by their keys."""
LIST = re.compile(r"list", re.IGNORECASE)


def read(file: BinaryIO, name: str) -> Document:
    """The body of the document."""
    with opened(file, name) as archive:
        check_xml(archive, name)
        member(archive, "[Content_Types].xml", name)
    file.seek(0)
    try:
        document = docx.Document(file)
    except OFFICE as error:
        raise broken(name, error) from None
    return _written(document, Writing(name, "docx"))


def _written(document: Opened, writing: Writing) -> Document:
    styles: Styles = {}
    for block in document.iter_inner_content():
        match block:
            case Table():
                for row in block.rows:
                    writing.write(" | ".join(_cells(row)), "row")
            case Paragraph():
                _write(block, _style(block, styles), writing)
    return writing.document()


def _style(paragraph: Paragraph, styles: Styles) -> str:
    """The name of its style. The library looks it up in the whole list of styles, so it is asked once for each."""
    key = paragraph._p.style  # noqa: SLF001 - the only place of the key
    if key not in styles:
        styles[key] = (paragraph.style and paragraph.style.name) or ""
    return styles[key]


def _write(paragraph: Paragraph, style: str, writing: Writing) -> None:
    if style.lower() == "title":
        writing.heading(paragraph.text, 0)
    elif heading := HEADING.match(style):
        writing.heading(paragraph.text, int(heading.group(1)))
    else:
        writing.write(paragraph.text, "item" if LIST.match(style) else "paragraph")


def _cells(row: _Row) -> Iterator[str]:
    """The texts of a row; a cell that spans several columns once."""
    before: object = None
    for cell in row.cells:
        text = " ".join(cell.text.split())
        if text and cell._tc is not before:  # noqa: SLF001 - the only thing by which a merged cell is known
            yield text
        before = cell._tc  # noqa: SLF001 - the same
