"""Tavily. Source: docs.tavily.com/documentation/api-reference/endpoint/search.

Of where the user is it takes the country, by its English name.
"""

from typing import Any

from antiphon.tools.search.base import Ask, Page, Search, Service, bearer, pages_of, text_of

LONGEST_QUERY, MOST_PAGES = 400, 20
COUNTRIES = {
    "AR": "argentina", "AT": "austria", "AU": "australia", "BE": "belgium", "BG": "bulgaria", "BR": "brazil",
    "CA": "canada", "CH": "switzerland", "CL": "chile", "CN": "china", "CO": "colombia", "CZ": "czech republic",
    "DE": "germany", "DK": "denmark", "EE": "estonia", "EG": "egypt", "ES": "spain", "FI": "finland", "FR": "france",
    "GB": "united kingdom", "GR": "greece", "HR": "croatia", "HU": "hungary", "ID": "indonesia", "IE": "ireland",
    "IL": "israel", "IN": "india", "IS": "iceland", "IT": "italy", "JP": "japan", "KE": "kenya", "KR": "south korea",
    "LT": "lithuania", "LU": "luxembourg", "LV": "latvia", "MX": "mexico", "MY": "malaysia", "NG": "nigeria",
    "NL": "netherlands", "NO": "norway", "NZ": "new zealand", "PE": "peru", "PH": "philippines", "PK": "pakistan",
    "PL": "poland", "PT": "portugal", "RO": "romania", "RS": "serbia", "SA": "saudi arabia", "SE": "sweden",
    "SG": "singapore", "SI": "slovenia", "SK": "slovakia", "TH": "thailand", "TR": "turkey", "TW": "taiwan",
    "UA": "ukraine", "US": "united states", "VN": "vietnam", "ZA": "south africa",
}  # fmt: skip
"""Its names of countries by their ISO codes; a country that isn't here isn't passed on."""


def _ask(search: Search) -> Ask:
    body: dict[str, Any] = {
        "query": search.query[:LONGEST_QUERY],
        "max_results": min(search.amount.pages, MOST_PAGES),
        # Several passages of each page instead of one, at twice the price.
        "search_depth": "advanced" if search.tool.search_context_size == "high" else "basic",
    }
    country = COUNTRIES.get((search.location.country or "").upper())
    optional = {"include_domains": search.allowed, "exclude_domains": search.blocked, "country": country}
    return Ask("POST", "/search", body | {name: value for name, value in optional.items() if value})


def _read(answer: Any) -> list[Page]:  # noqa: ANN401 - decoded JSON of a service
    return pages_of(answer["results"], lambda page: text_of(page.get("content")))


TAVILY = Service(url="https://api.tavily.com", ask=_ask, read=_read, key_header=bearer)
