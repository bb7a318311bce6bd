"""Workbooks."""

import pytest
import sample_files
from retrieval_outline import outline, read

from antiphon.errors import UnreadableFile


def test_a_sheet_is_a_page_and_a_row_names_its_columns() -> None:
    data = sample_files.workbook(
        Towns=[["name", "year"], ["Rome", 1999], [None, None], ["Oslo", 2.5]], Empty=[], Other=[[1, 2]]
    )
    document = read("a.xlsx", data)
    assert outline(document) == [
        ("heading", "Towns", "Towns"),
        ("row", "Towns", "name; year"),
        ("row", "Towns", "name: Rome; year: 1999"),
        ("row", "Towns", "name: Oslo; year: 2.5"),
        ("heading", "Empty", "Empty"),
        ("heading", "Other", "Other"),
        ("row", "Other", "1; 2"),
    ]
    assert [block.page for block in document.blocks] == [1, 1, 1, 1, 2, 3, 3]


def test_one_without_its_parts_is_told() -> None:
    with pytest.raises(UnreadableFile, match=r"'a\.xlsx' is broken"):
        read("a.xlsx", sample_files.archive({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}))
