"""Documents of Word."""

import pytest
import sample_files
from retrieval_outline import outline, read

from antiphon.errors import UnreadableFile


def test_blocks_of_every_kind() -> None:
    data = sample_files.word(
        ("Title", "T"), ("Heading 1", "One"), ("Normal", "Text."), ("List Bullet", "item"), [["a", "b"], ["1", ""]]
    )
    assert outline(read("a.docx", data)) == [
        ("heading", "T", "T"),
        ("heading", "T > One", "One"),
        ("paragraph", "T > One", "Text."),
        ("item", "T > One", "item"),
        ("row", "T > One", "a | b"),
        ("row", "T > One", "1"),
    ]


def test_one_without_its_parts_is_told() -> None:
    with pytest.raises(UnreadableFile, match=r"'a\.docx' is broken"):
        read("a.docx", sample_files.archive({"word/document.xml": "<x/>"}))
    with pytest.raises(UnreadableFile, match=r"'a\.docx' is broken"):
        read("a.docx", sample_files.archive({"[Content_Types].xml": "<x/>", "word/document.xml": "<x"}))


def test_an_empty_one_is_told() -> None:
    with pytest.raises(UnreadableFile, match=r"'a\.docx' has no text"):
        read("a.docx", sample_files.word())
