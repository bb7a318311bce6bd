"""File search: a function with a query for the model, a `file_search_call` for the client. Source: recorded streams.

Not here: what is searched (`tools/file_search.py`), how what was found is cited (`engine/citations.py`).
"""

from typing import Any

import msgspec

from antiphon.engine.kinds.face import Face, Outcome
from antiphon.engine.kinds.queries import queries_in
from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest
from antiphon.wire import events as ev
from antiphon.wire.file_search import FileSearchTool
from antiphon.wire.items import FileSearchCall

FILE_SEARCH = {
    "name": "file_search",
    "description": "Search the user's files. Gives the passages that match, with the names of their files.",
    "parameters": {
        "type": "object",
        "properties": {"query": {"type": "string", "description": "What to search for."}},
        "required": ["query"],
    },
}


def read_file_search(tool: dict[str, Any], at: str) -> FileSearchTool:
    """The tool that a request declares at `at`. Raises `InvalidRequest`, also where it names no vector store."""
    said = read(msgspec.json.encode(tool), FileSearchTool, at)
    if not said.vector_store_ids:
        raise InvalidRequest(
            f"Invalid '{at}.vector_store_ids': empty array. Expected an array with minimum length 1, but got an empty "
            "array instead.",
            code="empty_array",
            param=f"{at}.vector_store_ids",
        )
    return said


class FileSearchFace(Face):
    """A `file_search_call`, with all that was found; whether it is given out, `included.py` knows."""

    prefix = "fs"
    cites = True

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> FileSearchCall:
        queries = [] if status == "in_progress" else queries_in(arguments)
        failed = outcome is not None and outcome.error is not None
        results = outcome.shown.get("results", []) if outcome is not None else None
        return FileSearchCall(id=self.id, status="failed" if failed else status, queries=queries, results=results)

    def first(self) -> list[ev.Event]:
        return [ev.FileSearchInProgress(**self.place)]

    def last(self, arguments: str) -> list[ev.Event]:
        return [ev.FileSearchSearching(**self.place)]

    def ended(self, outcome: Outcome) -> list[ev.Event]:
        return [] if outcome.error is not None else [ev.FileSearchCompleted(**self.place)]
