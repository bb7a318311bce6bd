"""Exa: what its requests may hold. The usual, and its answers: tests/server/test_web_search.py."""

import pytest

from antiphon.tools.search.base import Page, Search
from antiphon.tools.search.exa import EXA
from antiphon.wire.web_search import UserLocation, WebSearchTool


@pytest.mark.parametrize(("country", "sent"), [("us", "US"), ("Germany", None), (None, None)])
def test_a_country_is_sent_by_its_code(country: str | None, sent: str | None) -> None:
    body = EXA.ask(Search("q", WebSearchTool(user_location=UserLocation(country=country)))).body or {}
    assert body.get("userLocation") == sent
    assert "includeDomains" not in body


def test_a_page_may_lack_all_but_its_address() -> None:
    assert EXA.read({"results": [{"url": "https://a.org", "title": None}]}) == [Page("https://a.org", "", "")]
    assert EXA.key_header("k") == {"x-api-key": "k"}
