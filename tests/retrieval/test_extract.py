"""Which kind a file is, and what is said of those that are none."""

import io

import pytest
import sample_files

from antiphon.errors import UnreadableFile
from antiphon.retrieval.extract import ENDINGS, FORMS, extract, kind_of


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.PDF", b"%PDF-1.4", "pdf"),
        ("a.txt", b"%PDF-1.4", "pdf"),
        ("a.docx", sample_files.archive({"word/document.xml": ""}), "docx"),
        ("a", sample_files.archive({"xl/workbook.xml": ""}), "xlsx"),
        ("a.docx", sample_files.archive({"ppt/presentation.xml": ""}), "pptx"),
        ("a.zip", sample_files.archive({"META-INF/container.xml": ""}), "epub"),
        ("a.docx", b"PK\x03\x04", "docx"),
        ("a.doc", b"\xd0\xcf\x11\xe0", "docx"),
        ("a.md", b"<html>", "md"),
        ("a", b" <html>", "html"),
        ("Makefile", b"all:", "code"),
        ("a.tar.py", b"x", "code"),
        ("a.unknown", b"x", "txt"),
        ("README", b"x", "txt"),
    ],
)
def test_the_kind_of_a_file(name: str, data: bytes, kind: str) -> None:
    assert kind_of(data[:1024], name, io.BytesIO(data)) == kind


def test_every_ending_has_a_form() -> None:
    assert set(ENDINGS.values()) == set(FORMS)


@pytest.mark.parametrize(
    ("name", "data", "says", "code"),
    [
        ("a.pdf", b"", r"'a\.pdf' is empty", "invalid_file"),
        ("a.md", b" \n\t\n", r"'a\.md' has no text", "invalid_file"),
        ("a.zip", sample_files.archive({"x.txt": "x"}), r"'a\.zip' is an archive", "unsupported_file"),
        ("a.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", r"'a\.png' holds no text", "unsupported_file"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"'a\.doc' has the form that Office", "unsupported_file"),
    ],
)
def test_what_gives_no_text_says_why(name: str, data: bytes, says: str, code: str) -> None:
    with pytest.raises(UnreadableFile, match=says) as caught:
        extract(io.BytesIO(data), name)
    assert caught.value.code == code
