"""What all search services have in common: a search, the pages found, and how a service is spoken to.

Pure. Not here: the services (`searxng.py` and its neighbours), sending (`tools/web_search.py`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from antiphon.wire.web_search import SearchFilters, UserLocation, WebSearchTool


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of the web the model gets to read: pages, and characters of each."""

    pages: int
    characters: int


_NOT_IN_A_LINK = re.compile(r"[\s<>\x00-\x1f\x7f]")
AMOUNTS = {"low": Amount(5, 800), "medium": Amount(8, 2_000), "high": Amount(12, 5_000)}
"""By `search_context_size`."""


@dataclass(frozen=True, slots=True)
class Search:
    """One query, and how the client wants it searched."""

    query: str
    tool: WebSearchTool = field(default_factory=WebSearchTool)

    @property
    def amount(self) -> Amount:
        """How much to bring."""
        return AMOUNTS[self.tool.search_context_size or "medium"]

    @property
    def location(self) -> UserLocation:
        """Where the user is, as far as the client said."""
        return self.tool.user_location or UserLocation()

    @property
    def allowed(self) -> list[str]:
        """Domains that are the only ones wanted; all where empty."""
        return domains((self.tool.filters or SearchFilters()).allowed_domains)

    @property
    def blocked(self) -> list[str]:
        """Domains that aren't wanted."""
        return domains((self.tool.filters or SearchFilters()).blocked_domains)

    @property
    def with_operators(self) -> str:
        """The query with its domains as search engines understand them."""
        sites = " OR ".join(f"site:{domain}" for domain in self.allowed)
        some = f"({sites})" if len(self.allowed) > 1 else sites
        return " ".join([self.query, *([some] if some else []), *(f"-site:{domain}" for domain in self.blocked)])


@dataclass(frozen=True, slots=True)
class Ask:
    """The HTTP request of a search. `path` follows the service's address, its query included; the key isn't here."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was found; `text` is what the service quotes of it."""

    url: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Service:
    """A search service: its usual address (None where each has its own), the header of its key, what it is asked.

    `read` takes decoded JSON and gives the pages; it may raise `TypeError`, `KeyError` or `AttributeError` for what
    isn't an answer.
    """

    url: str | None
    ask: Callable[[Search], Ask]
    read: Callable[[Any], list[Page]]
    key_header: Callable[[str], dict[str, str]]
    needs_key: bool = True


def domains(listed: Sequence[str] | None) -> list[str]:
    """Domains as they are compared, once each."""
    hosts = [host_of(name if "//" in name else f"//{name}") for name in listed or ()]
    return [host for host in dict.fromkeys(hosts) if host]


def host_of(url: str) -> str:
    """The host of an address as it is compared: in ASCII and lower case, without `www.`; empty for what has none."""
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
        return host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        return ""


def wanted(page: Page, search: Search) -> bool:
    """Whether a page may be shown: it has an address, on a domain that the client wants."""
    host = host_of(page.url)
    # The address becomes a link in the answer.
    usable = bool(host) and urlsplit(page.url).scheme in {"http", "https"} and not _NOT_IN_A_LINK.search(page.url)
    return (
        usable
        and (not search.allowed or any(_within(host, domain) for domain in search.allowed))
        and not any(_within(host, domain) for domain in search.blocked)
    )


def bearer(key: str) -> dict[str, str]:
    """The header that most services take a key in."""
    return {"authorization": f"Bearer {key}"}


def pages_of(found: Any, text: Callable[[dict[str, Any]], str]) -> list[Page]:  # noqa: ANN401 - decoded JSON
    """The pages of a list of results, `text` reading each one's; an entry without an address is passed over.

    Raises `TypeError` for what isn't a list.
    """
    if not isinstance(found, list):
        raise TypeError
    entries = [entry for entry in found if isinstance(entry, dict) and isinstance(entry.get("url"), str)]
    return [Page(entry["url"], text_of(entry.get("title")), text(entry)) for entry in entries]


def text_of(value: object) -> str:
    """A member that should be text; empty for anything else."""
    return value if isinstance(value, str) else ""


def _within(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")
