"""A passage under its headings, and passages joined to the text they were cut from."""

import pytest

from antiphon.retrieval.passage import Passage, joined


@pytest.mark.parametrize(
    ("heading", "text", "searched"),
    [
        ((), "Water boils.", "Water boils."),
        (("Physics", "Heat"), "Water boils.", "Physics > Heat\nWater boils."),
        (("Physics", "Heat"), "Heat\n\nWater boils.", "Physics\nHeat\n\nWater boils."),
        (("Heat",), "Heat\n\nWater boils.", "Heat\n\nWater boils."),
    ],
)
def test_what_is_searched_names_the_headings_above(heading: tuple[str, ...], text: str, searched: str) -> None:
    assert Passage("a.md", 0, 0, len(text), text, heading).searched == searched


def test_joined_passages_tell_what_they_share_once() -> None:
    text = "abcdefghij"
    ranges = [(0, 4), (2, 7), (7, 10), (8, 10)]
    assert joined([Passage("a", n, start, end, text[start:end]) for n, (start, end) in enumerate(ranges)]) == text
    assert joined([]) == ""
