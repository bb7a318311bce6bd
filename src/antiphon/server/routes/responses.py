"""`/v1/responses`: make, get, delete, and list what was put in.

Not here: what an answer is made of (`engine/`), how it is carried out (`runner/`). Source: API reference,
"Responses".
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response as HttpResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from antiphon.engine.included import given_out
from antiphon.engine.notes import Notes
from antiphon.engine.prepare import Asked
from antiphon.engine.run import Run
from antiphon.errors import InvalidRequest
from antiphon.runner.history import conversation_of, holding
from antiphon.server.answering import Connection, answer_json, answer_stream
from antiphon.server.callers import caller_of, project_of
from antiphon.server.creating import PATH, Making, prepared
from antiphon.server.front import REQUEST_ID
from antiphon.server.json import json_response
from antiphon.server.limits import read_json_body
from antiphon.server.paging import included, item_page, page_query
from antiphon.server.routes.response_list import ResponseList
from antiphon.server.services import Services
from antiphon.server.sockets.connection import Sockets
from antiphon.server.templates import read_asked
from antiphon.sources import Sources
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
        # Nothing is written for a response that isn't stored, not even a lock.
        conversation = None if asked.request.store is False else conversation_of(asked)
        async with holding(services.store, project, conversation, asked.response_id):
            await self._answer(connection, asked, sources)

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


def routes(services: Services) -> list[BaseRoute]:
    """The routes of this noun."""
    store = services.store

    async def get(request: Request) -> HttpResponse:
        if request.query_params.get("stream") == "true":
            raise InvalidRequest(
                "Only a response made in the background can be streamed again. Leave 'stream' out.", param="stream"
            )
        include = included(request)
        project = project_of(request.scope)
        saved = await store.get_answer(project, request.path_params["id"])
        response = msgspec.json.decode(saved.body, type=Response)
        output = [given_out(msgspec.Raw(item.raw), include, services.seal(project)) for item in saved.output]
        return json_response(msgspec.structs.replace(response, output=output))

    async def delete(request: Request) -> HttpResponse:
        response_id = request.path_params["id"]
        await store.delete_answer(project_of(request.scope), response_id)
        return json_response({"id": response_id, "object": "response", "deleted": True})

    async def input_items(request: Request) -> HttpResponse:
        include, query = included(request), page_query(request)
        project = project_of(request.scope)
        page = await store.input_items(project, request.path_params["id"], query)
        return json_response(item_page(page, include, services.seal(project)))

    return [
        Route(PATH, CreateResponse(services), methods=["POST"]),
        Route(PATH, ResponseList(services).__call__, methods=["GET"]),
        WebSocketRoute(PATH, Sockets(services)),
        Route(PATH + "/{id}", get, methods=["GET"]),
        Route(PATH + "/{id}", delete, methods=["DELETE"]),
        Route(PATH + "/{id}/input_items", input_items, methods=["GET"]),
    ]
