"""Tavily: what its requests may hold. The usual, and its answers: tests/server/test_web_search.py."""

from typing import Any

import pytest

from antiphon.tools.search.base import Search
from antiphon.tools.search.tavily import TAVILY
from antiphon.wire.web_search import UserLocation, WebSearchTool


def body(**tool: Any) -> dict[str, Any]:
    return TAVILY.ask(Search("q" * 500, WebSearchTool(**tool))).body or {}


@pytest.mark.parametrize(
    ("size", "depth", "most"), [("low", "basic", 5), ("medium", "basic", 8), ("high", "advanced", 12)]
)
def test_a_deep_search_is_for_those_who_want_much(size: str, depth: str, most: int) -> None:
    asked = body(search_context_size=size)
    assert (asked["search_depth"], asked["max_results"]) == (depth, most)
    assert asked["query"] == "q" * 400


@pytest.mark.parametrize(("code", "name"), [("gb", "united kingdom"), ("US", "united states"), ("AQ", None)])
def test_a_country_has_its_english_name(code: str, name: str | None) -> None:
    assert body(user_location=UserLocation(country=code)).get("country") == name
