"""Presentations."""

import pytest
import sample_files
from retrieval_outline import outline, read

from antiphon.errors import UnreadableFile


def test_a_slide_is_a_page_under_its_title() -> None:
    document = read("a.pptx", sample_files.slides(("One", "Body\nline", "Said"), ("", "Other", "")))
    assert outline(document) == [
        ("heading", "One", "One"),
        ("item", "One", "Body"),
        ("item", "One", "line"),
        ("paragraph", "One", "Said"),
        ("item", "", "Other"),
    ]
    assert [block.page for block in document.blocks] == [1, 1, 1, 1, 2]


def test_one_without_its_parts_is_told() -> None:
    with pytest.raises(UnreadableFile, match=r"'a\.pptx' is broken"):
        read("a.pptx", sample_files.archive({"[Content_Types].xml": "<x/>", "ppt/presentation.xml": "<x/>"}))
