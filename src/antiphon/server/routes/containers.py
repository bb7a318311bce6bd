"""`/v1/containers`: the places in which code runs, and their files.

There are some where a sandbox is set up; they live in this process and end with it. Not here: what is in a container
(`tools/code/`). Source: API reference, "Containers" and "Container files".
"""

from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest
from antiphon.seen.context import REQUEST_ID
from antiphon.server.callers import project_of
from antiphon.server.code_containers import bring, containers_of, copied, found_files
from antiphon.server.errors import JSON
from antiphon.server.forms import Field, read_form
from antiphon.server.json import json_response
from antiphon.server.limits import read_body, read_json_body
from antiphon.server.paging import page_query
from antiphon.server.services import Services
from antiphon.tools.code.client import CodeClient
from antiphon.tools.code.service import Make
from antiphon.wire.containers import Container, ContainerFile, CopyFile, CreateContainer

PATH = "/v1/containers"
FILES = PATH + "/{id}/files"
MAX_BODY = 1 << 16
"""Of a request that names a file by its id."""


class Containers:
    """The operations, over one server's services."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def create(self, request: Request) -> Response:
        """`POST /v1/containers`. Its sandbox is started when it is first used."""
        body = await read_json_body(request.scope, request.receive, self._services.config.max_body)
        sources = self._services.sources_for("POST", request.url.path, body)
        request.scope[REQUEST_ID] = sources.ids("req")
        asked = read(body, CreateContainer)
        client = self._client(request)
        files = await found_files(self._services, project_of(request.scope), asked.file_ids or (), "file_ids")
        idle = asked.expires_after.minutes * 60 if asked.expires_after else None
        make = Make(id=sources.ids("cntr"), name=asked.name, memory=asked.memory_limit, idle_seconds=idle)
        container = await client.make(make)
        if files:
            await bring(self._services, client, container.id, files)
        return json_response(container)

    async def listed(self, request: Request) -> Response:
        """`GET` of all."""
        return _page(request, await self._client(request).all())

    async def retrieve(self, request: Request) -> Response:
        """`GET` of one."""
        return json_response(await self._client(request).get(_id(request)))

    async def delete(self, request: Request) -> Response:
        """`DELETE` of one, with everything in it."""
        await self._client(request).remove(_id(request))
        return json_response({"id": _id(request), "object": "container.deleted", "deleted": True})

    async def create_file(self, request: Request) -> Response:
        """`POST` of a file, as a form or by the id of one that was uploaded."""
        content_type = request.headers.get("content-type", "")
        if content_type.startswith(JSON):
            return json_response(await self._copied(request))
        body = await read_body(request.receive, self._services.config.max_body)
        file = _file(read_form(content_type, body))
        return json_response(await self._client(request).upload(_id(request), file.filename or "file", file.data))

    async def _copied(self, request: Request) -> ContainerFile:
        asked = read(await read_json_body(request.scope, request.receive, MAX_BODY), CopyFile)
        client = self._client(request)
        await client.get(_id(request))
        [file] = await found_files(self._services, project_of(request.scope), [asked.file_id], "file_id")
        return await copied(self._services, client, _id(request), file)

    async def files(self, request: Request) -> Response:
        """`GET` of a container's files."""
        return _page(request, await self._client(request).files(_id(request)))

    async def file(self, request: Request) -> Response:
        """`GET` of one file's facts."""
        return json_response(await self._client(request).file(_id(request), _file_id(request)))

    async def content(self, request: Request) -> Response:
        """`GET` of what is in a file."""
        data = await self._client(request).content(_id(request), _file_id(request))
        # Whatever the code wrote is never shown as a page of this server's.
        headers = {"content-disposition": "attachment", "x-content-type-options": "nosniff"}
        return Response(data, media_type="application/octet-stream", headers=headers)

    async def delete_file(self, request: Request) -> Response:
        """`DELETE` of one file."""
        await self._client(request).remove_file(_id(request), _file_id(request))
        return json_response({"id": _file_id(request), "object": "container.file.deleted", "deleted": True})

    def _client(self, request: Request) -> CodeClient:
        return containers_of(self._services, project_of(request.scope))


def routes(services: Services) -> list[Route]:
    """The routes of this noun."""
    containers = Containers(services)
    return [
        Route(PATH, containers.create, methods=["POST"]),
        Route(PATH, containers.listed, methods=["GET"]),
        Route(PATH + "/{id}", containers.retrieve, methods=["GET"]),
        Route(PATH + "/{id}", containers.delete, methods=["DELETE"]),
        Route(FILES, containers.create_file, methods=["POST"]),
        Route(FILES, containers.files, methods=["GET"]),
        Route(FILES + "/{file}", containers.file, methods=["GET"]),
        Route(FILES + "/{file}", containers.delete_file, methods=["DELETE"]),
        Route(FILES + "/{file}/content", containers.content, methods=["GET"]),
    ]


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _file_id(request: Request) -> str:
    return str(request.path_params["file"])


def _file(form: list[Field]) -> Field:
    for field in form:
        if field.name == "file" and field.filename is not None:
            return field
    raise InvalidRequest("The form has no file. Send one as the field 'file'.", param="file")


def _page(request: Request, found: Sequence[Container | ContainerFile]) -> Response:
    """A page of what there is: few enough to be cut here."""
    query = page_query(request)
    ordered = list(found) if query.order == "asc" else list(reversed(found))
    ids = [one.id for one in ordered]
    begin = ids.index(query.after) + 1 if query.after in ids else 0
    shown = ordered[begin : begin + query.limit]
    page = {
        "object": "list",
        "data": [msgspec.to_builtins(one) for one in shown],
        "first_id": shown[0].id if shown else "",
        "last_id": shown[-1].id if shown else "",
        "has_more": begin + query.limit < len(ordered),
    }
    return json_response(page)
