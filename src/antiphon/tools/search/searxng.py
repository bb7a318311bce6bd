"""SearXNG, a metasearch engine that everyone can run. Source: docs.searxng.org/dev/search_api.html.

It gives JSON only where `search.formats` of its settings.yml has `json`; it knows neither how many pages are wanted
nor where the user is.
"""

from typing import Any
from urllib.parse import urlencode

from antiphon.tools.search.base import Ask, Page, Search, Service, bearer, pages_of, text_of


def _ask(search: Search) -> Ask:
    return Ask("GET", "/search?" + urlencode({"q": search.with_operators, "format": "json"}))


def _read(answer: Any) -> list[Page]:  # noqa: ANN401 - decoded JSON of a service
    return pages_of(answer["results"], lambda page: text_of(page.get("content")))


SEARXNG = Service(url=None, ask=_ask, read=_read, key_header=bearer, needs_key=False)
