"""A document written block by block: its text, its ranges, its headings, its bound."""

import pytest

from antiphon.errors import UnreadableFile
from antiphon.retrieval import bounds
from antiphon.retrieval.forms.writing import Writing, cleaned


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\r\nb\rc\x0cd\u2028e", "a\nb\nc\nd\ne"),
        ("a\x00b\x1bc\u00add\ufeffe\tf", "abcde\tf"),
        ("half \ud83d of a pair", "half \ufffd of a pair"),
    ],
)
def test_what_cannot_be_kept_is_taken_out(text: str, clean: str) -> None:
    assert cleaned(text) == clean


def test_blocks_know_their_range_their_headings_and_their_page() -> None:
    writing = Writing("a.docx", "docx")
    writing.heading("One", 1)
    writing.heading("Deep\n er", 3)
    writing.write("  text\n")
    writing.write("a | b", "row")
    writing.write("c | d", "row")
    writing.write("   ")
    writing.page = 2
    writing.heading("Two", 2)
    writing.write("  x = 1\n", "code")
    document = writing.document()
    assert document.text == "One\n\nDeep er\n\ntext\n\na | b\nc | d\n\nTwo\n\n  x = 1"
    told = [
        (document.text[block.start : block.end], block.kind, block.heading, block.page) for block in document.blocks
    ]
    assert told == [
        ("One", "heading", ("One",), None),
        ("Deep er", "heading", ("One", "Deep er"), None),
        ("text", "paragraph", ("One", "Deep er"), None),
        ("a | b", "row", ("One", "Deep er"), None),
        ("c | d", "row", ("One", "Deep er"), None),
        ("Two", "heading", ("One", "Two"), 2),
        ("  x = 1", "code", ("One", "Two"), 2),
    ]


def test_too_much_text_is_an_error_that_names_the_file() -> None:
    writing = Writing("long.pdf", "pdf")
    writing.write("x" * bounds.MOST_CHARACTERS)
    with pytest.raises(UnreadableFile, match=r"'long\.pdf' has more than 20,000,000 characters"):
        writing.write("y")
