"""Searches the web for a run, by the service that the operator chose.

Every service is asked through the one transport, so that a recording holds the search. Not here: what a service is
asked and what its answers mean (`search/`). Counterpart: `engine/kinds/web_search.py`, the face of these calls.
"""

import asyncio
from collections.abc import Iterable, Sequence
from itertools import chain, islice, zip_longest

import msgspec

from antiphon.engine.citations import Citable
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.kinds.queries import queries_in
from antiphon.errors import ToolFailed
from antiphon.tools.fetch import Limits, fetch_json
from antiphon.tools.search.base import Ask, Page, Search, Service, host_of, wanted
from antiphon.tools.tool import ToolCall
from antiphon.transport import HttpRequest, Transport

UPSTREAM = "web_search"
"""What searches are called on a cassette."""


class WebSearch:
    """Implements `Tool`. `url` is the service's address, `key` its key, empty for none."""

    def __init__(self, transport: Transport, service: Service, url: str, key: str, limits: Limits) -> None:
        self._transport = transport
        self._service = service
        self._url = url.rstrip("/")
        self._key = key
        self._limits = limits

    async def call(self, call: ToolCall) -> Outcome:
        queries = queries_in(call.arguments)
        if not queries:
            raise ToolFailed('The call has no query. Give one, such as {"query": "…"}.')
        searches = [Search(query, call.about["search"]) for query in queries]
        # All are waited for, also when one fails: none may go on when the call is over.
        asked = await asyncio.gather(*(self._search(search, call.scope) for search in searches), return_exceptions=True)
        found: list[list[Page]] = []
        for pages in asked:
            if isinstance(pages, BaseException):
                raise pages
            found.append(pages)
        return outcome(_in_turn(found), searches[0])

    async def leave(self, run_id: str) -> None:
        del run_id

    async def close(self) -> None:
        return

    async def _search(self, search: Search, scope: str) -> list[Page]:
        answer = await fetch_json(self._transport, self._request(self._service.ask(search), scope), self._limits)
        try:
            pages = self._service.read(answer)
        except (TypeError, KeyError, AttributeError):
            raise ToolFailed(f"{self._limits.service} answered in a form that isn't its own.") from None
        return [page for page in pages if wanted(page, search)]

    def _request(self, ask: Ask, scope: str) -> HttpRequest:
        body = msgspec.json.encode(ask.body) if ask.body is not None else b""
        kind = {"content-type": "application/json"} if body else {}
        key = self._service.key_header(self._key) if self._key else {}
        headers = {"accept": "application/json", "user-agent": "antiphon", **kind, **ask.headers, **key}
        return HttpRequest(ask.method, self._url + ask.path, UPSTREAM, headers, body, scope)


def outcome(pages: Iterable[Page], search: Search) -> Outcome:
    """What the model reads and may cite, and what the item can show of it."""
    amount = search.amount
    unique: dict[str, Page] = {}
    for page in pages:
        unique.setdefault(page.url, page)
    ordered = list(islice(unique.values(), amount.pages))
    results = [{"url": page.url, "title": page.title, "text": page.text[: amount.characters]} for page in ordered]
    output = None if ordered else "Nothing was found. Other words may help."
    return Outcome(output, shown={"results": results}, sources=[_citable(page, amount.characters) for page in ordered])


def _citable(page: Page, characters: int) -> Citable:
    title = page.title or host_of(page.url)
    text = f"{title}\n{page.url}\n{page.text[:characters]}".rstrip()
    # The link that the API's own answers have in such a place.
    shown = f"([{host_of(page.url)}]({page.url}))"
    return Citable(text, {"type": "url_citation", "url": page.url, "title": title}, shown)


def _in_turn(found: Sequence[Sequence[Page]]) -> Iterable[Page]:
    """The best page of each query, then the second best of each, and so on."""
    return (page for page in chain.from_iterable(zip_longest(*found)) if page is not None)
