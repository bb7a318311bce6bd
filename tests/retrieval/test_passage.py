"""A passage under its headings, and passages joined to the text they were cut from."""

import pytest

from antiphon.retrieval.passage import Passage, joined


@pytest.mark.parametrize(
    ("file", "heading", "text", "searched"),
    [
        ("1.md", (), "Water boils.", "Water boils."),
        ("heat_and-cold 2.md", (), "Water boils.", "heat and cold\nWater boils."),
        ("docs/7f3a.md", ("Physics", "Heat"), "Water boils.", "Physics > Heat\nWater boils."),
        ("heat.md", ("Physics", "Heat"), "Heat\n\nWater boils.", "heat > Physics\nHeat\n\nWater boils."),
        ("1.md", ("Heat",), "Heat\n\nWater boils.", "Heat\n\nWater boils."),
    ],
)
def test_what_is_searched_names_file_and_headings(
    file: str, heading: tuple[str, ...], text: str, searched: str
) -> None:
    passage = Passage(file, 0, 0, len(text), text, heading)
    assert passage.searched == searched
    assert passage.searched.endswith(text)


def test_joined_passages_tell_what_they_share_once() -> None:
    text = "abcdefghij"
    ranges = [(0, 4), (2, 7), (7, 10), (8, 10)]
    assert joined([Passage("a", n, start, end, text[start:end]) for n, (start, end) in enumerate(ranges)]) == text
    assert joined([]) == ""
