"""Web search: a function with a query for the model, a `web_search_call` for the client. Source: recorded streams.

Not here: who is asked (`tools/web_search.py`), how what was found is cited (`engine/citations.py`).
"""

import re
from typing import Any

import msgspec

from antiphon.engine.kinds.face import Face, Outcome
from antiphon.engine.kinds.queries import queries_in
from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest
from antiphon.wire import events as ev
from antiphon.wire.items import WebSearchCall
from antiphon.wire.web_search import WebSearchTool

_DOMAIN = re.compile(r"(?:https?://)?[\w-]+(?:\.[\w-]+)*/?")

WEB_SEARCH = {
    "name": "web_search",
    "description": "Search the web. Gives pages with their addresses and the passages that match.",
    "parameters": {
        "type": "object",
        "properties": {"query": {"type": "string", "description": "What to search for."}},
        "required": ["query"],
    },
}


def read_web_search(tool: dict[str, Any], at: str) -> WebSearchTool:
    """The tool that a request declares at `at`. Raises `InvalidRequest`, also for a filter that is no domain.

    A filter that isn't understood must not be left out: what is left might be the whole web.
    """
    said = read(msgspec.json.encode(tool), WebSearchTool, at)
    for name in ("allowed_domains", "blocked_domains"):
        for index, domain in enumerate(getattr(said.filters, name, None) or ()):
            if not _DOMAIN.fullmatch(domain):
                raise InvalidRequest(
                    f"Invalid value: '{at}.filters.{name}[{index}]' must be a domain such as 'example.org'.",
                    code="invalid_value",
                    param=f"{at}.filters.{name}[{index}]",
                )
    return said


class WebSearchFace(Face):
    """A `web_search_call`, with all that was found; what of it is given out, `included.py` knows."""

    prefix = "ws"
    cites = True

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> WebSearchCall:
        begun = status == "in_progress"
        queries = [] if begun else queries_in(arguments)
        action: dict[str, Any] = {"type": "search", "query": queries[0] if queries else ""}
        if queries:
            action["queries"] = queries
        results = outcome.shown.get("results", []) if outcome is not None else msgspec.UNSET
        if outcome is not None:
            action["sources"] = [{"type": "url", "url": result["url"]} for result in results or ()]
        failed = outcome is not None and outcome.error is not None
        return WebSearchCall(id=self.id, status="failed" if failed else status, action=action, results=results)

    def first(self) -> list[ev.Event]:
        return [ev.WebSearchInProgress(**self.place)]

    def last(self, arguments: str) -> list[ev.Event]:
        return [ev.WebSearchSearching(**self.place)]

    def ended(self, outcome: Outcome) -> list[ev.Event]:
        return [] if outcome.error is not None else [ev.WebSearchCompleted(**self.place)]
