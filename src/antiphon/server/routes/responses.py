"""`/v1/responses`: make, get, delete, and list what was put in.

Not here: what an answer is made of (`engine/`), how it is carried out (`runner/`). Source: API reference,
"Responses".
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response as HttpResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from antiphon.engine.included import Include, given_out
from antiphon.engine.notes import Notes
from antiphon.engine.prepare import Asked
from antiphon.engine.run import Run
from antiphon.runner.history import conversation_of, holding
from antiphon.seen.context import REQUEST_ID
from antiphon.server.answering import Connection, answer_json, answer_stream
from antiphon.server.background import cancel, queue, remove
from antiphon.server.callers import caller_of, project_of
from antiphon.server.creating import PATH, Making, prepared
from antiphon.server.following import Place, check_followed, follow, place_of
from antiphon.server.json import json_response
from antiphon.server.limits import read_json_body
from antiphon.server.paging import included, item_page, page_query
from antiphon.server.routes.response_list import ResponseList
from antiphon.server.services import Services
from antiphon.server.sockets.connection import Sockets
from antiphon.server.templates import read_asked
from antiphon.sources import Sources
from antiphon.store.base import SavedAnswer
from antiphon.wire.responses import Response

STRICT = "antiphon-strict"


class CreateResponse:
    """`POST /v1/responses`, as a bare ASGI application: the events go straight to the socket."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        services, connection = self._services, Connection(scope, receive, send)
        body = await read_json_body(scope, receive, services.config.max_body)
        sources = services.sources_for("POST", PATH, body)
        scope[REQUEST_ID] = sources.ids("req")
        project = project_of(scope)
        asked = await read_asked(services.store, project, body, sources)
        if asked.request.background:
            await self._queue(connection, asked, sources)
            return
        conversation = conversation_of(asked)
        if conversation is None or asked.request.store is False:
            # Nothing is written for a response that isn't stored, not even a lock.
            await self._answer(connection, asked, sources)
            return
        async with holding(services.store, project, conversation, asked.response_id):
            await self._answer(connection, asked, sources)

    async def _queue(self, connection: Connection, asked: Asked, sources: Sources) -> None:
        """Have it made in the background; whoever wants to see it made follows its log, like everyone later."""
        services, caller, notes = self._services, caller_of(connection.scope), Notes()
        strict = connection.header(STRICT) == "1"
        response = await queue(services, asked, Making(caller, sources, notes), strict=strict)
        if asked.request.stream:
            options = asked.request.stream_options
            pad = (lambda: sources.ids("")[1:]) if options and options.include_obfuscation else None
            await follow(services, connection, Place(response.id, headers=notes.headers(), pad=pad))
        else:
            answer = json_response(response, headers=notes.headers())
            await answer(connection.scope, connection.receive, connection.send)

    async def _answer(self, connection: Connection, asked: Asked, sources: Sources) -> None:
        services, caller, notes = self._services, caller_of(connection.scope), Notes()
        plan = (await prepared(services, asked, Making(caller, sources, notes))).plan
        run = Run(plan, sources, services.seal(caller.project))
        if connection.header(STRICT) == "1":
            notes.refuse()
        if asked.request.stream:
            options = asked.request.stream_options
            pad = (lambda: sources.ids("")[1:]) if options and options.include_obfuscation else None
            await answer_stream(run, services, connection, notes.headers(), pad)
        else:
            await answer_json(run, services, connection, notes.headers())


class GetResponse:
    """`GET /v1/responses/{id}`: the response as it stands, or with `stream=true` the events of its making."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        services, request, project = self._services, Request(scope), project_of(scope)
        if request.query_params.get("stream") == "true":
            sources = services.sources_for("GET", scope["path"], b"")
            place = place_of(request, lambda: sources.ids("")[1:])
            await check_followed(services, project, place.response_id)
            await follow(services, Connection(scope, receive, send), place)
            return
        include = included(request)
        saved = await services.store.get_answer(project, request.path_params["id"])
        await json_response(_whole(services, project, saved, include))(scope, receive, send)


def _whole(services: Services, project: str, saved: SavedAnswer, include: Include = ()) -> Response:
    """A stored response with its output."""
    response = msgspec.json.decode(saved.body, type=Response)
    output = [given_out(msgspec.Raw(item.raw), include, services.seal(project)) for item in saved.output]
    return msgspec.structs.replace(response, output=output)


def routes(services: Services) -> list[BaseRoute]:
    """The routes of this noun."""
    store = services.store

    async def delete(request: Request) -> HttpResponse:
        response_id = request.path_params["id"]
        await remove(services, project_of(request.scope), response_id)
        return json_response({"id": response_id, "object": "response", "deleted": True})

    async def stop(request: Request) -> HttpResponse:
        project = project_of(request.scope)
        return json_response(_whole(services, project, await cancel(services, project, request.path_params["id"])))

    async def input_items(request: Request) -> HttpResponse:
        include, query = included(request), page_query(request)
        project = project_of(request.scope)
        page = await store.input_items(project, request.path_params["id"], query)
        return json_response(item_page(page, include, services.seal(project)))

    return [
        Route(PATH, CreateResponse(services), methods=["POST"]),
        Route(PATH, ResponseList(services).__call__, methods=["GET"]),
        WebSocketRoute(PATH, Sockets(services)),
        Route(PATH + "/{id}", GetResponse(services), methods=["GET"]),
        Route(PATH + "/{id}", delete, methods=["DELETE"]),
        Route(PATH + "/{id}/cancel", stop, methods=["POST"]),
        Route(PATH + "/{id}/input_items", input_items, methods=["GET"]),
    ]
