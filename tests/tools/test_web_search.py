"""What comes of a search. The whole way, service by service: tests/server/test_web_search.py."""

from antiphon.tools.search.base import Page, Search
from antiphon.tools.web_search import outcome
from antiphon.wire.web_search import WebSearchTool


def test_a_page_is_brought_once_as_often_as_it_was_found() -> None:
    pages = [Page("https://a.org", "A", "one"), Page("https://b.org", "", "two"), Page("https://a.org", "A", "three")]
    found = outcome(pages, Search("q"))
    assert [result["url"] for result in found.shown["results"]] == ["https://a.org", "https://b.org"]
    assert found.shown["results"][0]["text"] == "one"
    assert [source.annotation["title"] for source in found.sources] == ["A", "b.org"]
    assert found.output is None


def test_no_more_is_brought_than_was_asked() -> None:
    pages = [Page(f"https://a.org/{number}", "A", "x" * 10_000) for number in range(30)]
    found = outcome(pages, Search("q", WebSearchTool(search_context_size="low")))
    assert len(found.sources) == 5
    assert all(len(source.text) < 1_000 for source in found.sources)


def test_nothing_found_is_said() -> None:
    found = outcome([], Search("q"))
    assert found.output
    assert (found.sources, found.shown["results"]) == ([], [])
