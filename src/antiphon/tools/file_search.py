"""Searches vector stores for a run: the passages that a model asked for, which it may cite.

Not here: the search itself (`searching.py`). Counterpart: `engine/kinds/file_search.py`, the face of these calls.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from antiphon.engine.citations import Citable
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.kinds.queries import queries_in
from antiphon.errors import ToolFailed, UpstreamFault
from antiphon.tools.searching import Hit, Wanted, Where, read_wanted
from antiphon.tools.tool import ToolCall
from antiphon.wire.file_search import FileSearchTool

MOST_CHARACTERS = 20_000
"""Of one passage that a model is shown."""


class Searches(Protocol):
    """Searches vector stores."""

    async def search(self, where: Where, wanted: Wanted) -> list[Hit]:
        """The passages that fit best."""
        ...


class FileSearch:
    """Implements `Tool`."""

    def __init__(self, searching: Searches) -> None:
        self._searching = searching

    async def call(self, call: ToolCall) -> Outcome:
        queries = queries_in(call.arguments)
        if not queries:
            raise ToolFailed('The call has no query. Give one, such as {"query": "…"}.')
        tool: FileSearchTool = call.about["search"]
        wanted = read_wanted(queries, tool.filters, tool.ranking_options, tool.max_num_results)
        try:
            hits = await self._searching.search(Where(call.project, tool.vector_store_ids), wanted)
        except UpstreamFault as fault:
            raise ToolFailed(f"The files can't be searched now: {fault.message}") from None
        return outcome(hits)

    async def leave(self, run_id: str) -> None:
        del run_id

    async def close(self) -> None:
        return


def outcome(hits: Sequence[Hit]) -> Outcome:
    """What the model reads and may cite, and what the item can show of it."""
    output = None if hits else "Nothing was found. Other words may help."
    return Outcome(output, shown={"results": [_result(hit) for hit in hits]}, sources=[_citable(hit) for hit in hits])


def _result(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "attributes": dict(passage.attributes),
        "file_id": passage.file_id,
        "filename": passage.filename,
        "score": round(hit.score, 6),
        "text": passage.text,
    }


def _citable(hit: Hit) -> Citable:
    passage = hit.passage
    page = f", page {passage.page}" if passage.page is not None else ""
    above = " > ".join(passage.heading)
    head = f"{passage.filename}{page}" + (f" ({above})" if above else "")
    annotation = {"type": "file_citation", "file_id": passage.file_id, "filename": passage.filename}
    return Citable(f"{head}\n{passage.text[:MOST_CHARACTERS]}", annotation)
