"""Sources that an upstream lists beside its answer, and where a text cites them."""

from typing import Any

import pytest

from antiphon.engine.listed import cited, sources_in
from antiphon.wire.chat import ChatChunk

ONE, TWO = ("https://e.org/1", "One"), ("https://e.org/2", "")


@pytest.mark.parametrize(
    ("citations", "results", "sources"),
    [
        (["https://e.org/1", "https://e.org/2"], [{"url": "https://e.org/1", "title": "One"}], [ONE, TWO]),
        (None, [{"url": "https://e.org/1", "title": "One"}, {"url": "https://e.org/2"}], [ONE, TWO]),
        ([{"url": "https://e.org/1", "title": "One"}], None, [ONE]),
        ([None, "https://e.org/2", {"url": 5}], None, [("", ""), TWO, ("", "")]),
        ([], [], []),
        (None, None, []),
    ],
)
def test_what_a_chunk_lists(citations: Any, results: Any, sources: list[tuple[str, str]]) -> None:
    assert sources_in(ChatChunk(citations=citations, search_results=results)) == sources


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Oslo[1] and é[2][1].", [(1, 4, 7), (2, 13, 16), (1, 16, 19)]),
        ("None[0] of[3] these[1x] is one[1].", [(1, 30, 33)]),
        ("No numbers.", [(1, 11, 11), (2, 11, 11)]),
        ("", [(1, 0, 0), (2, 0, 0)]),
        (' {"a": [1]}', []),
        ("[1]", []),
    ],
)
def test_where_a_text_cites_them(text: str, found: list[tuple[int, int, int]]) -> None:
    made = [(one["url"], one["start_index"], one["end_index"]) for one in cited(text, [ONE, TWO])]
    assert made == [(f"https://e.org/{number}", start, end) for number, start, end in found]


def test_a_source_without_an_address_is_none() -> None:
    assert [one["title"] for one in cited("a[1] b[2]", [("", ""), ONE])] == ["One"]
