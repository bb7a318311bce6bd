"""PDF: the text of every page, under the bookmarks that lead there.

A page that is a picture has no text; a file of such pages is told apart from an empty one. Not here: recognising what
a picture shows. Not read: forms' fields, annotations, attached files.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError, PyPdfError, WrongPasswordError

from antiphon.errors import UnreadableFile
from antiphon.retrieval.bounds import MOST_PAGES
from antiphon.retrieval.document import Document
from antiphon.retrieval.forms.archive import broken, encrypted
from antiphon.retrieval.forms.writing import Writing

BROKEN = (
    PyPdfError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    RecursionError,
    OSError,
    ArithmeticError,
)
"""What pypdf raises over files that aren't what they say."""
LIGATURES = str.maketrans(
    {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\xa0": " "}
)
HYPHENATED = re.compile(r"(?<=[a-z\u00df-\u00ff])[-\u2010]\n(?=[a-z\u00df-\u00ff])")
PARAGRAPH = re.compile(r"\n\s*\n")
DEEPEST_BOOKMARK = 8

Bookmarks = dict[int, list[tuple[int, str]]]
"""By the number of the page, from 0: the level and words of each bookmark that leads there."""


def read(file: BinaryIO, name: str) -> Document:
    """All pages."""
    try:
        reader = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise encrypted(name)
        count = len(reader.pages)
    except (WrongPasswordError, FileNotDecryptedError):
        raise encrypted(name) from None
    except BROKEN as error:
        raise broken(name, error) from None
    if count > MOST_PAGES:
        raise UnreadableFile(
            f"'{name}' has {count:,} pages; at most {MOST_PAGES:,} are read. Split it into smaller files."
        )
    return _written(reader, name)


def _written(reader: PdfReader, name: str) -> Document:
    writing = Writing(name, "pdf")
    bookmarks = _bookmarks(reader)
    for number, page in enumerate(reader.pages):
        writing.page = number + 1
        try:
            text = page.extract_text()
        except BROKEN as error:
            raise broken(name, f"page {number + 1} can't be read ({error})") from None
        _write(text, bookmarks.get(number, []), writing)
    document = writing.document()
    if not document.text and (count := len(reader.pages)):
        pages = "1 page" if count == 1 else f"{count:,} pages"
        raise UnreadableFile(
            f"'{name}' has {pages} and no text: they are pictures, as of a scanner. Run a program"
            " that recognises text (OCR) over it, and upload what that makes."
        )
    return document


def _write(text: str, bookmarks: list[tuple[int, str]], writing: Writing) -> None:
    """A page. A bookmark's words that stand there as a line are a heading; others hold from the page's beginning."""
    lines = HYPHENATED.sub("", text.translate(LIGATURES)).split("\n")
    wanted = {_plain(words): (level, words) for level, words in bookmarks}
    there = {_plain(line) for line in lines}
    for level, words in bookmarks:
        if _plain(words) not in there:
            writing.enter(words, level)
    gathered: list[str] = []
    for line in lines:
        found = wanted.pop(_plain(line), None)
        if found is None:
            gathered.append(line)
            continue
        _write_paragraphs(gathered, writing)
        gathered = []
        writing.heading(found[1], found[0])
    _write_paragraphs(gathered, writing)


def _write_paragraphs(lines: list[str], writing: Writing) -> None:
    for paragraph in PARAGRAPH.split("\n".join(lines)):
        writing.write(paragraph)


def _plain(words: str) -> str:
    return " ".join(words.split()).casefold()


def _bookmarks(reader: PdfReader) -> Bookmarks:
    """Where the bookmarks lead; none, where they are broken."""
    marks: Bookmarks = {}
    try:
        for level, words, page in _flat(reader, reader.outline, 1):
            marks.setdefault(page, []).append((level, words))
    except BROKEN:
        return {}
    return marks


def _flat(reader: PdfReader, outline: list[Any], level: int) -> Iterator[tuple[int, str, int]]:
    for entry in outline:
        if isinstance(entry, list):
            if level < DEEPEST_BOOKMARK:
                yield from _flat(reader, entry, level + 1)
            continue
        page = reader.get_destination_page_number(entry)
        if page is not None and page >= 0 and entry.title:
            yield level, " ".join(str(entry.title).split()), page
