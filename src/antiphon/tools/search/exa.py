"""Exa. Source: exa.ai/docs/reference/search.

Of where the user is it takes the country, by its ISO code.
"""

from typing import Any

from antiphon.tools.search.base import Ask, Page, Search, Service, pages_of, text_of

COUNTRY = 2
"""Letters of a country's code."""


def _ask(search: Search) -> Ask:
    body: dict[str, Any] = {
        "query": search.query,
        "numResults": search.amount.pages,
        "contents": {"text": {"maxCharacters": search.amount.characters}},
    }
    country = (search.location.country or "").upper()
    optional = {
        "includeDomains": search.allowed,
        "excludeDomains": search.blocked,
        "userLocation": country if len(country) == COUNTRY else None,
    }
    return Ask("POST", "/search", body | {name: value for name, value in optional.items() if value})


def _read(answer: Any) -> list[Page]:  # noqa: ANN401 - decoded JSON of a service
    return pages_of(answer["results"], lambda page: text_of(page.get("text")))


def _key(key: str) -> dict[str, str]:
    return {"x-api-key": key}


EXA = Service(url="https://api.exa.ai", ask=_ask, read=_read, key_header=_key)
