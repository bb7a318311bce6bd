"""SearXNG: an instance of one's own, which seldom has a key. Its answers: tests/server/test_web_search.py."""

import pytest

from antiphon.tools.search.base import Page, Search
from antiphon.tools.search.searxng import SEARXNG


def test_it_has_no_usual_address_and_needs_no_key() -> None:
    assert (SEARXNG.url, SEARXNG.needs_key) == (None, False)
    assert SEARXNG.ask(Search("a&b ü")).path == "/search?q=a%26b+%C3%BC&format=json"


def test_what_is_no_answer_of_its_own_is_told_apart() -> None:
    assert SEARXNG.read({"results": [{"url": 5, "content": ["x"]}]}) == [Page("", "", "")]
    with pytest.raises(KeyError):
        SEARXNG.read({"results": [{"title": "no address"}]})
