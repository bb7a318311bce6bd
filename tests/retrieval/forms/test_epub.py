"""Books."""

import pytest
import sample_files
from retrieval_outline import outline, read

from antiphon.errors import UnreadableFile

CHAPTERS = {
    "b.xhtml": "<html><head><title>x</title></head><body><h1>First</h1><p>Text</p></body></html>",
    "a.xhtml": "<html><body><h1>Second</h1><p>Other</p></body></html>",
}
LOCK = (
    '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#"><CipherData>'
    '<CipherReference URI="{}"/></CipherData></EncryptedData></encryption>'
)
ENCRYPTION = "META-INF/encryption.xml"


def test_chapters_come_in_the_order_of_reading() -> None:
    assert outline(read("a.epub", sample_files.book(CHAPTERS))) == [
        ("heading", "A book", "A book"),
        ("heading", "A book > First", "First"),
        ("paragraph", "A book > First", "Text"),
        ("heading", "A book > Second", "Second"),
        ("paragraph", "A book > Second", "Other"),
    ]


def test_a_locked_chapter_is_told_and_a_locked_font_is_not() -> None:
    font = {ENCRYPTION: LOCK.format("OEBPS/font.otf")}
    assert read("a.epub", sample_files.book(CHAPTERS, **font)).kind == "epub"
    chapter = {ENCRYPTION: LOCK.format("OEBPS/text/a.xhtml")}
    with pytest.raises(UnreadableFile, match=r"'a\.epub' is protected against copying"):
        read("a.epub", sample_files.book(CHAPTERS, **chapter))


@pytest.mark.parametrize(
    "parts",
    [
        {"META-INF/container.xml": "<container/>"},
        {"META-INF/container.xml": "<container"},
        {"META-INF/container.xml": sample_files.CONTAINER},
    ],
)
def test_one_without_its_parts_is_told(parts: dict[str, str]) -> None:
    with pytest.raises(UnreadableFile, match=r"'a\.epub' is broken"):
        read("a.epub", sample_files.archive(parts))
