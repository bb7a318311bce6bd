"""`/v1/vector_stores/{id}/files` and `/file_batches`: put files into a store, watch them being read, take them out.

Not here: reading them (`runner/ingest.py`). Source: API reference, "Vector store files" and
"Vector store file batches".
"""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest
from antiphon.retrieval.chunking import read_chunking
from antiphon.retrieval.passage import Passage, joined
from antiphon.seen.context import REQUEST_ID
from antiphon.server.callers import project_of
from antiphon.server.json import json_response
from antiphon.server.limits import read_json_body
from antiphon.server.paging import page_query
from antiphon.server.services import Services
from antiphon.server.vector_stores import batch_object, check_attributes, file_object, only_once
from antiphon.sources import Sources
from antiphon.store.vectors import Batch, VectorFile
from antiphon.tools.searching import Where
from antiphon.wire.vector_stores import (
    AttachFile,
    AttachFiles,
    ContentPage,
    Deleted,
    ListPage,
    TextContent,
    UpdateFile,
)

STORE = "/v1/vector_stores/{id}"
FILES, BATCHES = STORE + "/files", STORE + "/file_batches"
STATUSES = ("in_progress", "completed", "failed", "cancelled")

Body = TypeVar("Body", bound=msgspec.Struct)


class VectorStoreFiles:
    """The operations, over one server's services."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._vectors = services.store.vectors

    async def attach(self, request: Request) -> Response:
        """`POST` of one file. It is read afterwards."""
        asked, sources = await self._given(request, AttachFile)
        project = project_of(request.scope)
        files = await attachable(self._services, project, [asked], sources.now())
        await self._attach(request, files, None)
        return json_response(file_object(_id(request), await self._vectors.file(project, _id(request), asked.file_id)))

    async def listed(self, request: Request) -> Response:
        """`GET` of a page of a store's files, or of a batch's."""
        batch = str(request.path_params.get("batch", ""))
        status = request.query_params.get("filter", "")
        if status and status not in STATUSES:
            raise InvalidRequest(f"'filter' must be one of {', '.join(STATUSES)}, not '{status}'.", param="filter")
        query, store_id = page_query(request), _id(request)
        page = await self._vectors.files(project_of(request.scope), store_id, query, status, batch)
        ids = [file.id for file in page.items]
        shown = [file_object(store_id, file) for file in page.items]
        ends = {"first_id": ids[0], "last_id": ids[-1]} if ids else {}
        return json_response(ListPage(data=shown, has_more=page.has_more, **ends))

    async def retrieve(self, request: Request) -> Response:
        """`GET` of one file's state."""
        file = await self._vectors.file(project_of(request.scope), _id(request), _file_id(request))
        return json_response(file_object(_id(request), file))

    async def update(self, request: Request) -> Response:
        """`POST` of a file's attributes."""
        asked, _ = await self._given(request, UpdateFile)
        check_attributes(asked.attributes)
        project, store_id = project_of(request.scope), _id(request)
        file = await self._vectors.set_attributes(project, store_id, _file_id(request), asked.attributes or {})
        return json_response(file_object(store_id, file))

    async def content(self, request: Request) -> Response:
        """`GET` of a file's text, as it was read."""
        passages = await self._vectors.content(project_of(request.scope), _id(request), _file_id(request))
        text = joined([Passage("", one.number, one.start, one.end, one.text) for one in passages])
        return json_response(ContentPage(data=[TextContent(text=text)] if passages else []))

    async def detach(self, request: Request) -> Response:
        """`DELETE` of a file from the store; the file itself stays."""
        await self._vectors.detach(project_of(request.scope), _id(request), _file_id(request))
        return json_response(Deleted(id=_file_id(request), object="vector_store.file.deleted"))

    async def create_batch(self, request: Request) -> Response:
        """`POST` of many files."""
        asked, sources = await self._given(request, AttachFiles)
        if (asked.file_ids is None) == (asked.files is None):
            raise InvalidRequest("Give either 'file_ids' or 'files'.", param="file_ids")
        param = "files" if asked.files is not None else "file_ids"
        named = asked.files if asked.files is not None else _alike(asked)
        if not named:
            raise InvalidRequest(f"'{param}' is empty. Name a file or more.", param=param)
        only_once([one.file_id for one in named], param)
        own = param if asked.files is not None else ""
        files = await attachable(self._services, project_of(request.scope), named, sources.now(), own)
        batch = Batch(id=sources.ids("vsfb"), created_at=sources.now())
        await self._attach(request, files, batch)
        return await self._batch(request, batch.id)

    async def batch(self, request: Request) -> Response:
        """`GET` of a batch."""
        return await self._batch(request, str(request.path_params["batch"]))

    async def cancel(self, request: Request) -> Response:
        """`POST` that leaves out what of a batch wasn't read yet."""
        batch_id = str(request.path_params["batch"])
        batch = await self._vectors.cancel(project_of(request.scope), _id(request), batch_id)
        return json_response(batch_object(_id(request), batch))

    async def _attach(self, request: Request, files: Sequence[VectorFile], batch: Batch | None) -> None:
        project, store_id = project_of(request.scope), _id(request)
        await self._services.retrieval.searching.check(Where(project, [store_id]))
        await self._vectors.attach(project, store_id, files, batch)
        self._services.retrieval.ingest.wake()

    async def _batch(self, request: Request, batch_id: str) -> Response:
        batch = await self._vectors.batch(project_of(request.scope), _id(request), batch_id)
        return json_response(batch_object(_id(request), batch))

    async def _given(self, request: Request, kind: type[Body]) -> tuple[Body, Sources]:
        body = await read_json_body(request.scope, request.receive, self._services.config.max_body)
        sources = self._services.sources_for(request.method, request.url.path, body)
        request.scope[REQUEST_ID] = sources.ids("req")
        return read(body, kind), sources


async def attachable(
    services: Services, project: str, named: Sequence[AttachFile], now: int, param: str = ""
) -> list[VectorFile]:
    """The files as a store keeps them. Raises `NotFound` for one that isn't there, and what is wrong with the rest.

    `param` is the field that lists them, where each says its own.
    """
    made: list[VectorFile] = []
    for place, one in enumerate(named):
        at = f"{param}[{place}]." if param else ""
        check_attributes(one.attributes, f"{at}attributes")
        chunking = read_chunking(one.chunking_strategy, f"{at}chunking_strategy")
        file = await services.files.rows.get(project, one.file_id)
        made.append(
            VectorFile(
                id=file.id,
                created_at=now,
                filename=file.filename,
                attributes=one.attributes or {},
                most_tokens=chunking.most_tokens,
                overlap_tokens=chunking.overlap_tokens,
            )
        )
    return made


def routes(services: Services) -> list[Route]:
    """The routes of this noun."""
    files = VectorStoreFiles(services)
    return [
        Route(FILES, files.attach, methods=["POST"]),
        Route(FILES, files.listed, methods=["GET"]),
        Route(FILES + "/{file}", files.retrieve, methods=["GET"]),
        Route(FILES + "/{file}", files.update, methods=["POST"]),
        Route(FILES + "/{file}", files.detach, methods=["DELETE"]),
        Route(FILES + "/{file}/content", files.content, methods=["GET"]),
        Route(BATCHES, files.create_batch, methods=["POST"]),
        Route(BATCHES + "/{batch}", files.batch, methods=["GET"]),
        Route(BATCHES + "/{batch}/cancel", files.cancel, methods=["POST"]),
        Route(BATCHES + "/{batch}/files", files.listed, methods=["GET"]),
    ]


def _alike(asked: AttachFiles) -> list[AttachFile]:
    """Files that have everything in common."""
    same = {"attributes": asked.attributes, "chunking_strategy": asked.chunking_strategy}
    return [AttachFile(file_id=file_id, **same) for file_id in asked.file_ids or ()]


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _file_id(request: Request) -> str:
    return str(request.path_params["file"])
