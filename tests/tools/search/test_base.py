"""Domains and amounts of a search, which every service shares."""

import pytest

from antiphon.tools.search.base import Page, Search, domains, host_of, wanted
from antiphon.wire.web_search import SearchFilters, WebSearchTool


def search(allowed: list[str] | None = None, blocked: list[str] | None = None) -> Search:
    return Search("q", WebSearchTool(filters=SearchFilters(allowed_domains=allowed, blocked_domains=blocked)))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.Example.org:8/x", "example.org"),
        ("https://münchen.de", "xn--mnchen-3ya.de"),
        ("nonsense", ""),
        ("http://[", ""),
        (f"http://{'ü' * 80}.de", ""),
    ],
)
def test_hosts_are_compared_in_one_form(url: str, host: str) -> None:
    assert host_of(url) == host


def test_domains_are_taken_with_and_without_scheme_once_each() -> None:
    assert domains(["a.org", "https://www.a.org/", "B.org"]) == ["a.org", "b.org"]
    assert domains(None) == []


@pytest.mark.parametrize(
    ("url", "allowed", "blocked", "shown"),
    [
        ("https://a.org/x", None, None, True),
        ("https://a.org/x", ["a.org"], None, True),
        ("https://sub.a.org/x", ["a.org"], None, True),
        ("https://nota.org/x", ["a.org"], None, False),
        ("https://a.org.evil.net/x", ["a.org"], None, False),
        ("https://sub.a.org/x", ["a.org"], ["sub.a.org"], False),
        ("https://b.org/x", None, ["a.org"], True),
        ("https://münchen.de/x", ["münchen.de"], None, True),
        ("javascript:alert(1)", None, None, False),
        ("ftp://a.org/x", None, None, False),
        ("https://a.org/x y", None, None, False),
        ("https://a.org/x\n[b](https://b.org)", None, None, False),
        ("", None, None, False),
    ],
)
def test_only_wanted_pages_are_shown(url: str, allowed: list[str], blocked: list[str], *, shown: bool) -> None:
    assert wanted(Page(url, "", ""), search(allowed, blocked)) is shown


def test_operators_say_where_to_look() -> None:
    assert search().with_operators == "q"
    assert search(["a.org"]).with_operators == "q site:a.org"
    assert search(["a.org", "b.org"], ["c.org"]).with_operators == "q (site:a.org OR site:b.org) -site:c.org"


def test_how_much_is_brought_depends_on_what_was_asked() -> None:
    sizes = [Search("q", WebSearchTool(search_context_size=size)).amount for size in (None, "low", "medium", "high")]
    assert [size.pages for size in sizes] == [8, 5, 8, 12]
    assert sizes[1].characters < sizes[2].characters < sizes[3].characters
