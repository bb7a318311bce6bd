"""Files and vector stores: what was uploaded, how far it was read, its passages, and a search that shows its scores.

What is changed here goes over the API itself (`static/console.js`). Counterpart: `server/routes/vector_stores.py`.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from antiphon.console.desk import Desk
from antiphon.retrieval.rank import Weights
from antiphon.store.pages import PageQuery
from antiphon.store.vectors import FoundPassage
from antiphon.tools.searching import Hit, Searching, Wanted, Where

SIZE = 50
PASSAGES = 100
MOST = 10
WORDS, VECTORS = Weights(embedding=0, text=1), Weights(embedding=1, text=0)


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage with its scores by words, by vectors, and by both; None where that order doesn't have it."""

    passage: FoundPassage
    words: float | None
    vectors: float | None
    both: float


def routes(desk: Desk) -> list[BaseRoute]:
    """The routes of this page."""

    async def listed(request: Request) -> Response:
        store, project = desk.services.store, desk.project(request)
        after, stores_after = request.query_params.get("after"), request.query_params.get("stores_after")
        files = await store.files.list_all(project, PageQuery(limit=SIZE, after=after))
        stores = await store.vectors.list_all(project, PageQuery(limit=SIZE, after=stores_after))
        return desk.page(request, "files.html", files=files, stores=stores, usage=await store.files.usage(project))

    async def one(request: Request) -> Response:
        store, project, name = desk.services.store, desk.project(request), request.path_params["id"]
        found = await store.vectors.get(project, name)
        files = await store.vectors.files(project, name, PageQuery(limit=SIZE, after=request.query_params.get("after")))
        query = request.query_params.get("query", "").strip()
        hits = await scored(desk.services.retrieval.searching, Where(project, [name]), query) if query else []
        every = await store.files.list_all(project, PageQuery(limit=SIZE))
        return desk.page(
            request, "vector_store.html", store=found, files=files, query=query, hits=hits, every=every.items
        )

    async def passages(request: Request) -> Response:
        project, name, file = desk.project(request), request.path_params["id"], request.path_params["file"]
        vectors = desk.services.store.vectors
        found = await vectors.file(project, name, file)
        read = await vectors.content(project, name, file)
        said = request.query_params.get("at", "0")
        at = int(said) if said.isdecimal() and len(said) < 7 else 0  # noqa: PLR2004 - digits
        more = at + PASSAGES if len(read) > at + PASSAGES else None
        shown = read[at : at + PASSAGES]
        return desk.page(request, "passages.html", store=name, file=found, passages=shown, total=len(read), more=more)

    return [
        Route("/files", listed),
        Route("/vector_stores/{id}", one),
        Route("/vector_stores/{id}/files/{file}", passages),
    ]


async def scored(searching: Searching, where: Where, query: str) -> list[Scored]:
    """What a search finds, with what each of its two orders says alone."""
    both = await _found(searching, where, query, Weights())
    words = {hit.passage.key: hit.score for hit in await _found(searching, where, query, WORDS)}
    vectors = {hit.passage.key: hit.score for hit in await _found(searching, where, query, VECTORS)}
    return [Scored(hit.passage, words.get(hit.passage.key), vectors.get(hit.passage.key), hit.score) for hit in both]


async def _found(searching: Searching, where: Where, query: str, weights: Weights) -> list[Hit]:
    return await searching.search(where, Wanted([query], most=MOST, weights=weights, reranked=False))
