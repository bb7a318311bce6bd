"""SearXNG: an instance of one's own, which seldom has a key. Its answers: tests/server/test_web_search.py."""

import pytest

from antiphon.tools.search.base import Page, Search
from antiphon.tools.search.searxng import SEARXNG


def test_it_has_no_usual_address_and_needs_no_key() -> None:
    assert (SEARXNG.url, SEARXNG.needs_key) == (None, False)
    assert SEARXNG.ask(Search("a&b ü")).path == "/search?q=a%26b+%C3%BC&format=json"


def test_what_is_no_page_is_passed_over() -> None:
    odd = [{"url": 5}, {"title": "no address"}, None, "x", {"url": "https://e.org", "title": None, "content": ["x"]}]
    assert SEARXNG.read({"results": odd}) == [Page("https://e.org", "", "")]


@pytest.mark.parametrize(("answer", "error"), [({"results": None}, TypeError), ({}, KeyError), ([1], TypeError)])
def test_what_is_no_answer_of_its_own_is_told_apart(answer: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        SEARXNG.read(answer)
