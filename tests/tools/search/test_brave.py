"""Brave: what its requests may hold, and the less usual of its answers. The usual: tests/server/test_web_search.py."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from antiphon.tools.search.base import Page, Search
from antiphon.tools.search.brave import BRAVE
from antiphon.wire.web_search import UserLocation, WebSearchTool


def asked(**location: str) -> tuple[dict[str, list[str]], dict[str, str]]:
    ask = BRAVE.ask(Search("q" * 500, WebSearchTool(user_location=UserLocation(**location))))  # type: ignore[arg-type] # as a client writes it
    return parse_qs(ask.path.partition("?")[2]), dict(ask.headers)


def test_a_long_query_is_cut() -> None:
    query, headers = asked()
    assert query["q"] == ["q" * 400]
    assert "country" not in query
    assert headers == {}


@pytest.mark.parametrize(("country", "sent"), [("de", ["DE"]), ("XX", None), ("D", None), ("R A", None)])
def test_a_country_that_it_does_not_know_is_not_sent(country: str, sent: list[str] | None) -> None:
    assert asked(country=country)[0].get("country") == sent


def test_a_place_cannot_become_a_header_of_its_own() -> None:
    headers = asked(city="Köln\r\nx-evil: 1", region="東京")[1]
    assert headers == {"x-loc-city": "Kolnx-evil: 1"}


@pytest.mark.parametrize("answer", [{}, {"web": None}, {"web": {"results": None}}, {"web": {"results": []}}])
def test_nothing_found_is_no_fault(answer: Any) -> None:
    assert BRAVE.read(answer) == []


def test_snippets_are_one_text() -> None:
    page = {"url": "https://a.org", "title": "A", "description": "One.", "extra_snippets": ["Two.", None]}
    assert BRAVE.read({"web": {"results": [page]}}) == [Page("https://a.org", "A", "One.\nTwo.")]
    assert BRAVE.key_header("k") == {"x-subscription-token": "k"}
