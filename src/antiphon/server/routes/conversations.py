"""`/v1/conversations`: all eight operations.

Source: API reference, "Conversations", and the live API's behaviour where it differs: create takes no body
at all, update demands one.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon.engine.compaction import TRIGGER
from antiphon.engine.input import Item, read_items
from antiphon.engine.metadata import check_metadata
from antiphon.engine.present import shown
from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest
from antiphon.runner.history import resolved
from antiphon.seen.context import REQUEST_ID
from antiphon.server.callers import project_of
from antiphon.server.json import json_response
from antiphon.server.limits import read_json_body
from antiphon.server.paging import included, item_page, page_query
from antiphon.server.seals import ReasoningSeal
from antiphon.server.services import Services
from antiphon.sources import Sources
from antiphon.store.base import Conversation
from antiphon.store.pages import Page
from antiphon.wire.conversations import (
    ConversationDeleted,
    ConversationObject,
    CreateConversation,
    CreateItems,
    UpdateConversation,
)

PATH = "/v1/conversations"
MAX_ITEMS = 20


class Conversations:
    """The operations, over one server's services."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def create(self, request: Request) -> Response:
        """`POST /v1/conversations`, with or without a body."""
        body, sources = await self._body(request, required=False)
        asked = read(body, CreateConversation)
        check_metadata(asked.metadata or {})
        items = await self._items(request, asked.items or [], sources)
        conversation = Conversation(id=sources.ids("conv"), created_at=sources.now(), metadata=asked.metadata or {})
        await self._store.create_conversation(_project(request), conversation, [item.stored() for item in items])
        return json_response(_object(conversation))

    async def retrieve(self, request: Request) -> Response:
        """`GET` of one."""
        return json_response(_object(await self._store.get_conversation(_project(request), _id(request))))

    async def update(self, request: Request) -> Response:
        """`POST` of new metadata."""
        body, _ = await self._body(request, required=False)
        asked = read(body, UpdateConversation)
        metadata = asked.metadata or {}
        check_metadata(metadata)
        return json_response(_object(await self._store.update_conversation(_project(request), _id(request), metadata)))

    async def delete(self, request: Request) -> Response:
        """`DELETE` of one; responses made in it stay."""
        await self._store.delete_conversation(_project(request), _id(request))
        return json_response(ConversationDeleted(id=_id(request)))

    async def create_items(self, request: Request) -> Response:
        """`POST` of up to 20 items; answers with them."""
        body, sources = await self._body(request, required=False)
        items = await self._items(request, read(body, CreateItems).items, sources)
        stored = [item.stored() for item in items]
        include = included(request)
        await self._store.add_items(_project(request), _id(request), stored)
        page = Page(stored, has_more=False)
        return json_response(item_page(page, include, self._seal(request), in_conversation=True))

    async def list_items(self, request: Request) -> Response:
        """`GET` of its items."""
        include, query = included(request), page_query(request)
        page = await self._store.list_items(_project(request), _id(request), query)
        return json_response(item_page(page, include, self._seal(request), in_conversation=True))

    async def retrieve_item(self, request: Request) -> Response:
        """`GET` of one item."""
        include = included(request)
        item = await self._store.get_item(_project(request), _id(request), request.path_params["item_id"])
        return json_response(shown(item, include, self._seal(request), in_conversation=True))

    async def delete_item(self, request: Request) -> Response:
        """`DELETE` of one item; answers with the conversation."""
        item_id = request.path_params["item_id"]
        return json_response(_object(await self._store.delete_item(_project(request), _id(request), item_id)))

    def _seal(self, request: Request) -> ReasoningSeal:
        return self._services.seal(_project(request))

    async def _body(self, request: Request, *, required: bool) -> tuple[bytes, Sources]:
        limit = self._services.config.max_body
        body = await read_json_body(request.scope, request.receive, limit, required=required)
        sources = self._services.sources_for(request.method, request.url.path, body)
        request.scope[REQUEST_ID] = sources.ids("req")
        return body, sources

    async def _items(self, request: Request, given: list[msgspec.Raw], sources: Sources) -> list[Item]:
        items = read_items(given, "items", sources, MAX_ITEMS)
        for item in items:
            if item.type == TRIGGER:
                said = f"'{item.at}' is a compaction_trigger, which only the input of a response may hold."
                raise InvalidRequest(said, code="invalid_value", param=item.at)
        return await resolved(self._store, _project(request), items, set())


def routes(services: Services) -> list[Route]:
    """The routes of this noun."""
    one = Conversations(services)
    item = PATH + "/{id}/items/{item_id}"
    return [
        Route(PATH, one.create, methods=["POST"]),
        Route(PATH + "/{id}", one.retrieve, methods=["GET"]),
        Route(PATH + "/{id}", one.update, methods=["POST"]),
        Route(PATH + "/{id}", one.delete, methods=["DELETE"]),
        Route(PATH + "/{id}/items", one.create_items, methods=["POST"]),
        Route(PATH + "/{id}/items", one.list_items, methods=["GET"]),
        Route(item, one.retrieve_item, methods=["GET"]),
        Route(item, one.delete_item, methods=["DELETE"]),
    ]


def _project(request: Request) -> str:
    return project_of(request.scope)


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _object(conversation: Conversation) -> ConversationObject:
    return ConversationObject(id=conversation.id, created_at=conversation.created_at, metadata=conversation.metadata)
