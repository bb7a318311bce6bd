"""`/v1/vector_stores`: make stores, list, change and delete them, and search in them.

Not here: their files (`vector_store_files.py`). Source: API reference, "Vector stores".
"""

from dataclasses import replace
from typing import TypeVar

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon.engine.metadata import check_metadata
from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest
from antiphon.seen.context import REQUEST_ID
from antiphon.server.callers import project_of
from antiphon.server.json import json_response
from antiphon.server.limits import read_json_body
from antiphon.server.paging import page_query
from antiphon.server.routes.vector_store_files import attachable
from antiphon.server.services import Services
from antiphon.server.vector_stores import PLACES, only_once, store_object
from antiphon.sources import Sources
from antiphon.store.vectors import VectorStore
from antiphon.tools.searching import Hit, Where, read_wanted
from antiphon.wire.vector_stores import (
    AttachFile,
    CreateVectorStore,
    Deleted,
    FoundPage,
    FoundPassage,
    ListPage,
    SearchStore,
    TextContent,
    UpdateVectorStore,
)

PATH = "/v1/vector_stores"
MOST_QUERIES = 32

Body = TypeVar("Body", bound=msgspec.Struct)


class VectorStores:
    """The operations, over one server's services."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._vectors = services.store.vectors

    async def create(self, request: Request) -> Response:
        """`POST /v1/vector_stores`. Its files are read afterwards."""
        asked, sources = await self._given(request, CreateVectorStore)
        check_metadata(asked.metadata or {})
        file_ids = asked.file_ids or []
        only_once(file_ids, "file_ids")
        project = project_of(request.scope)
        store = self._made(asked, sources)
        strategy = asked.chunking_strategy
        named = [AttachFile(file_id=file_id, chunking_strategy=strategy) for file_id in file_ids]
        files = await attachable(self._services, project, named, sources.now())
        await self._vectors.ready()
        await self._vectors.create(project, store)
        if files:
            await self._vectors.attach(project, store.id, files)
            self._services.retrieval.ingest.wake()
        return await self._shown(project, store.id, sources)

    async def list_all(self, request: Request) -> Response:
        """`GET` of a page of stores."""
        page = await self._vectors.list_all(project_of(request.scope), page_query(request))
        now = self._sources(request).clock()
        ids = [store.id for store in page.items]
        shown = [store_object(store, now) for store in page.items]
        ends = {"first_id": ids[0], "last_id": ids[-1]} if ids else {}
        return json_response(ListPage(data=shown, has_more=page.has_more, **ends))

    async def retrieve(self, request: Request) -> Response:
        """`GET` of one store."""
        return await self._shown(project_of(request.scope), _id(request), self._sources(request))

    async def update(self, request: Request) -> Response:
        """`POST` of what is changed; another model has all files read again."""
        asked, sources = await self._given(request, UpdateVectorStore)
        project = project_of(request.scope)
        there = await self._vectors.get(project, _id(request))
        changed = msgspec.structs.replace(there, last_active_at=sources.now())
        if asked.name is not UNSET:
            changed = msgspec.structs.replace(changed, name=asked.name or "")
        if asked.metadata is not UNSET:
            check_metadata(asked.metadata or {})
            changed = msgspec.structs.replace(changed, metadata=asked.metadata or {})
        if asked.expires_after is not UNSET:
            days = asked.expires_after.days if asked.expires_after else None
            changed = msgspec.structs.replace(changed, expires_days=days)
        await self._vectors.update(project, changed)
        if asked.embedding_model and asked.embedding_model != there.model:
            await self._vectors.set_model(project, there.id, asked.embedding_model)
            self._services.retrieval.ingest.wake()
        return await self._shown(project, there.id, sources)

    async def delete(self, request: Request) -> Response:
        """`DELETE` of a store; the files themselves stay."""
        await self._vectors.delete(project_of(request.scope), _id(request))
        return json_response(Deleted(id=_id(request), object="vector_store.deleted"))

    async def search(self, request: Request) -> Response:
        """`POST` of a query, or several."""
        asked, _ = await self._given(request, SearchStore)
        queries = [asked.query] if isinstance(asked.query, str) else asked.query
        if not 1 <= len(queries) <= MOST_QUERIES or not all(query.strip() for query in queries):
            raise InvalidRequest(f"'query' must be a text, or 1 to {MOST_QUERIES} of them.", param="query")
        wanted = read_wanted(queries, asked.filters, asked.ranking_options, asked.max_num_results)
        where = Where(project_of(request.scope), [_id(request)])
        searching, rewriter = self._services.retrieval.searching, self._services.retrieval.models.rewriter
        if asked.rewrite_query and rewriter is not None:
            await searching.check(where)
            wanted = replace(wanted, queries=await rewriter.rewritten(queries))
        hits = await searching.search(where, wanted)
        response = json_response(FoundPage(search_query=list(wanted.queries), data=[_found(hit) for hit in hits]))
        if asked.rewrite_query and rewriter is None:
            # Nobody is set up to write other words: the queries are searched for as they are.
            response.headers["antiphon-ignored"] = "rewrite_query"
        return response

    async def _given(self, request: Request, kind: type[Body]) -> tuple[Body, Sources]:
        body = await read_json_body(request.scope, request.receive, self._services.config.max_body)
        sources = self._services.sources_for(request.method, request.url.path, body)
        request.scope[REQUEST_ID] = sources.ids("req")
        return read(body, kind), sources

    def _made(self, asked: CreateVectorStore, sources: Sources) -> VectorStore:
        now = sources.now()
        model = asked.embedding_model or self._services.retrieval.embedders.default
        return VectorStore(
            id=sources.ids("vs"),
            created_at=now,
            name=asked.name or "",
            description=asked.description,
            metadata=asked.metadata or {},
            expires_days=asked.expires_after.days if asked.expires_after else None,
            last_active_at=now,
            model=model,
            dimension=asked.embedding_dimension or 0,
            follows=asked.embedding_model is None,
        )

    async def _shown(self, project: str, store_id: str, sources: Sources) -> Response:
        return json_response(store_object(await self._vectors.get(project, store_id), sources.clock()))

    def _sources(self, request: Request) -> Sources:
        return self._services.sources_for(request.method, request.url.path, b"")


def routes(services: Services) -> list[Route]:
    """The routes of this noun."""
    stores = VectorStores(services)
    return [
        Route(PATH, stores.create, methods=["POST"]),
        Route(PATH, stores.list_all, methods=["GET"]),
        Route(PATH + "/{id}", stores.retrieve, methods=["GET"]),
        Route(PATH + "/{id}", stores.update, methods=["POST"]),
        Route(PATH + "/{id}", stores.delete, methods=["DELETE"]),
        Route(PATH + "/{id}/search", stores.search, methods=["POST"]),
    ]


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _found(hit: Hit) -> FoundPassage:
    passage = hit.passage
    return FoundPassage(
        file_id=passage.file_id,
        filename=passage.filename,
        score=round(hit.score, PLACES),
        attributes=dict(passage.attributes),
        content=[TextContent(text=passage.text)],
    )
