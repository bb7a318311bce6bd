"""PDF: pages, bookmarks, words put together again; encrypted, scanned, broken and endless ones."""

import io

import pytest
import sample_files
from pypdf import PdfReader, PdfWriter
from retrieval_outline import outline, read

from antiphon.errors import UnreadableFile


def encrypted(password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(sample_files.pdf(["Secret words"]))))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def test_pages_and_bookmarks() -> None:
    pages = ["Chapter One\nSome text (here).\nIt is hyphen-\nated. Caf\u00e9.", "Page two", ""]
    document = read("a.pdf", sample_files.pdf(pages, [("Chapter One", 0), ("Two", 1)]))
    assert outline(document) == [
        ("heading", "Chapter One", "Chapter One"),
        ("paragraph", "Chapter One", "Some text (here).\nIt is hyphenated. Caf\u00e9."),
        ("paragraph", "Two", "Page two"),
    ]
    assert [block.page for block in document.blocks] == [1, 1, 2]


def test_a_pdf_is_known_by_its_first_bytes() -> None:
    assert read("report", b"\n" + sample_files.pdf(["x"])).kind == "pdf"


def test_one_that_anybody_may_open_is_opened() -> None:
    assert read("a.pdf", encrypted("")).text == "Secret words"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (encrypted("please"), r"'a\.pdf' is encrypted\. Take its password off"),
        (sample_files.pdf(["", ""]), r"'a\.pdf' has 2 pages and no text: they are pictures.*OCR"),
        (b"%PDF-1.7\n%%EOF", r"'a\.pdf' is broken: "),
        (sample_files.pdf(["x"])[:200], r"'a\.pdf' "),
        (sample_files.pdf(["x"]).replace(b"/Kids [", b"/Kids ["[:-1] + b"7 "), r"'a\.pdf' "),
    ],
)
def test_what_gives_no_text_says_why(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableFile, match=says) as caught:
        read("a.pdf", data)
    assert caught.value.code == "invalid_file"
