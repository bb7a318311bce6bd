"""Presentations (pptx): a page a slide, under its title; what stands in shapes, tables and notes.

Not here: the archive (`archive.py`).
"""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import pptx
from pptx.exc import PythonPptxError
from pptx.shapes.group import GroupShape
from pptx.slide import Slide

from antiphon.errors import UnreadableFile
from antiphon.retrieval.bounds import MOST_PAGES
from antiphon.retrieval.document import Document
from antiphon.retrieval.forms.archive import OFFICE, broken, check_xml, member, opened
from antiphon.retrieval.forms.writing import Writing


def read(file: BinaryIO, name: str) -> Document:
    """All slides in their order."""
    with opened(file, name) as archive:
        check_xml(archive, name)
        member(archive, "[Content_Types].xml", name)
    file.seek(0)
    writing = Writing(name, "pptx")
    try:
        for number, slide in enumerate(pptx.Presentation(file).slides, start=1):
            if number > MOST_PAGES:
                raise UnreadableFile(f"'{name}' has more than {MOST_PAGES:,} slides. Split it into smaller files.")
            writing.page = number
            _write(slide, writing)
    except (*OFFICE, PythonPptxError) as error:
        raise broken(name, error) from None
    return writing.document()


def _write(slide: Slide, writing: Writing) -> None:
    title = slide.shapes.title
    writing.enter("", 1)
    if title is not None:
        writing.heading(title.text_frame.text, 1)
    for shape in _leaves(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if shape.has_text_frame:
            for paragraph in shape.text_frame.paragraphs:
                writing.write(paragraph.text, "item")
        elif shape.has_table:
            for row in shape.table.rows:
                cells = (" ".join(cell.text.split()) for cell in row.cells)
                writing.write(" | ".join(filter(None, cells)), "row")
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        writing.write(slide.notes_slide.notes_text_frame.text)


def _leaves(shapes: Iterable[Any]) -> Iterator[Any]:
    """Shapes, and those in groups."""
    for shape in shapes:
        if isinstance(shape, GroupShape):
            yield from _leaves(shape.shapes)
        else:
            yield shape
