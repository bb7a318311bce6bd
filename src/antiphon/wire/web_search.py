"""Web search on the wire: the tool that a request declares.

Source: API reference, `tools` of type `web_search` and `web_search_preview`. Not here: the item (`items.py`), who is
asked (`tools/web_search.py`).
"""

from typing import Literal

import msgspec


class SearchFilters(msgspec.Struct, kw_only=True):
    """Domains whose pages, and those of their subdomains, are the only ones wanted, or aren't."""

    allowed_domains: list[str] | None = None
    blocked_domains: list[str] | None = None


class UserLocation(msgspec.Struct, kw_only=True):
    """About where the user is: `country` by its ISO code of two letters, `timezone` by its IANA name."""

    type: Literal["approximate"] | None = None
    city: str | None = None
    country: str | None = None
    region: str | None = None
    timezone: str | None = None


class WebSearchTool(msgspec.Struct, kw_only=True):
    """How to search; the same for all names of the tool."""

    filters: SearchFilters | None = None
    user_location: UserLocation | None = None
    search_context_size: Literal["low", "medium", "high"] | None = None
    external_web_access: bool | None = None
    search_content_types: list[Literal["text", "image"]] | None = None
