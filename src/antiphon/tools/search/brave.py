"""Brave Search. Source: api-dashboard.search.brave.com/api-reference/web/search/get, and its page on request headers.

Domains are asked for with the operators of its query; where the user is goes into headers.
"""

import unicodedata
from typing import Any
from urllib.parse import urlencode

from antiphon.tools.search.base import Ask, Page, Search, Service, pages_of, text_of
from antiphon.wire.web_search import UserLocation

LONGEST_QUERY, MOST_PAGES, CODE = 400, 20, 2
COUNTRIES = (
    "AR AT AU BE BR CA CH CL CN DE DK ES FI FR GB GR HK ID IN IT JP KR MX MY NL NO NZ PH PL PT RU SA SE SG TR TW US ZA "
)
"""Codes of the countries that it has results of, a space behind each; it refuses others."""


def _ask(search: Search) -> Ask:
    country = (search.location.country or "").upper()
    asked = {
        "q": search.with_operators[:LONGEST_QUERY],
        "count": min(search.amount.pages, MOST_PAGES),
        "result_filter": "web",
        "text_decorations": "false",
        "extra_snippets": "true",
        **({"country": country} if len(country) == CODE and f"{country} " in COUNTRIES else {}),
    }
    return Ask("GET", "/res/v1/web/search?" + urlencode(asked), headers=_place(search.location))


def _place(location: UserLocation) -> dict[str, str]:
    said = {
        "x-loc-city": location.city,
        "x-loc-state-name": location.region,
        "x-loc-country": location.country,
        "x-loc-timezone": location.timezone,
    }
    plain = {name: _plain(value) for name, value in said.items() if value}
    return {name: value for name, value in plain.items() if value}


def _plain(text: str) -> str:
    """What an HTTP header can carry of a name: letters without their accents, and nothing that ends a line."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(letter for letter in ascii_only if letter.isprintable()).strip()


def _read(answer: Any) -> list[Page]:  # noqa: ANN401 - decoded JSON of a service
    # Without a page that fits, `web` is left out.
    found = (answer.get("web") or {}).get("results") or []
    return pages_of(found, _text)


def _text(page: dict[str, Any]) -> str:
    more = page.get("extra_snippets")
    snippets = [page.get("description"), *(more if isinstance(more, list) else [])]
    return "\n".join(filter(None, map(text_of, snippets)))


def _key(key: str) -> dict[str, str]:
    return {"x-subscription-token": key}


BRAVE = Service(url="https://api.search.brave.com", ask=_ask, read=_read, key_header=_key)
