"""Tables of text: every row says what its columns are called."""

import pytest
from retrieval_outline import read

from antiphon.errors import UnreadableFile
from antiphon.retrieval.forms.tables import write_rows
from antiphon.retrieval.forms.writing import Writing


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.csv", 'name,year\nRome,1999\n"a, b",2\n', "name; year\nname: Rome; year: 1999\nname: a, b; year: 2"),
        ("a.csv", "name;year\nRome;1,5\n\n;2\n", "name; year\nname: Rome; year: 1,5\nyear: 2"),
        ("a.tsv", "name\tyear\nRome\t1\textra\n", "name; year\nname: Rome; year: 1; extra"),
        ("a.csv", "1,2\n3,4\n", "1; 2\n3; 4"),
        ("a.csv", 'a\n"two\nlines"\n', "a\na: two lines"),
    ],
)
def test_a_table_is_told_row_by_row(name: str, data: str, text: str) -> None:
    assert read(name, data).text == text


def test_a_broken_table_is_told() -> None:
    with pytest.raises(UnreadableFile, match=r"'a\.csv' is no table"):
        read("a.csv", '"' + "x" * 200_000)


def test_rows_of_anything_can_be_written() -> None:
    writing = Writing("a.xlsx", "xlsx")
    write_rows(writing, [["n 1", "v"], ["x", "2"]])
    assert writing.document().text == "n 1; v\nn 1: x; v: 2"
