"""`/v1/chat/completions` that were stored: list, get, messages, update, delete. Source: API reference, "Chat"."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon.engine.metadata import check_metadata
from antiphon.engine.reading import read
from antiphon.server.callers import project_of
from antiphon.server.json import json_response
from antiphon.server.limits import read_json_body
from antiphon.server.paging import page_query
from antiphon.server.services import Services
from antiphon.store.base import ChatFilter
from antiphon.wire.conversations import UpdateConversation as UpdateMetadata
from antiphon.wire.page import ItemPage

PATH = "/v1/chat/completions"


class Chats:
    """The operations, over one server's services. Making one is `passthrough.py`'s."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def listed(self, request: Request) -> Response:
        """`GET` of the list, by `model` and `metadata[key]`, oldest first unless asked otherwise."""
        said = request.query_params
        metadata = {name[9:-1]: value for name, value in said.items() if name.startswith("metadata[")}
        chosen = ChatFilter(model=said.get("model"), metadata=metadata)
        page = await self._store.list_chats(project_of(request.scope), page_query(request, order="asc"), chosen)
        return _page([(chat.id, chat.body) for chat in page.items], has_more=page.has_more)

    async def retrieve(self, request: Request) -> Response:
        """`GET` of one, as the client was answered."""
        chat = await self._store.get_chat(project_of(request.scope), request.path_params["id"])
        return json_response(msgspec.Raw(chat.body))

    async def messages(self, request: Request) -> Response:
        """`GET` of the messages that were asked with."""
        query = page_query(request, order="asc")
        page = await self._store.chat_messages(project_of(request.scope), request.path_params["id"], query)
        return _page([(message.id, message.raw) for message in page.items], has_more=page.has_more)

    async def update(self, request: Request) -> Response:
        """`POST` of new metadata."""
        limit = self._services.config.max_body
        given = await read_json_body(request.scope, request.receive, limit, required=False)
        metadata = read(given, UpdateMetadata).metadata or {}
        check_metadata(metadata)
        chat = await self._store.get_chat(project_of(request.scope), request.path_params["id"])
        body = msgspec.json.encode(msgspec.json.decode(chat.body, type=dict[str, Any]) | {"metadata": metadata})
        await self._store.update_chat(project_of(request.scope), chat.id, metadata, body)
        return json_response(msgspec.Raw(body))

    async def delete(self, request: Request) -> Response:
        """`DELETE` of one with its messages."""
        chat_id = request.path_params["id"]
        await self._store.delete_chat(project_of(request.scope), chat_id)
        return json_response({"id": chat_id, "object": "chat.completion.deleted", "deleted": True})


def routes(services: Services) -> list[Route]:
    """The routes of this noun."""
    chats = Chats(services)
    one = PATH + "/{id}"
    return [
        Route(PATH, chats.listed, methods=["GET"]),
        Route(one, chats.retrieve, methods=["GET"]),
        Route(one, chats.update, methods=["POST"]),
        Route(one, chats.delete, methods=["DELETE"]),
        Route(one + "/messages", chats.messages, methods=["GET"]),
    ]


def _page(rows: list[tuple[str, bytes]], *, has_more: bool) -> Response:
    page = ItemPage(
        data=[msgspec.Raw(body) for _, body in rows],
        first_id=rows[0][0] if rows else "",
        last_id=rows[-1][0] if rows else "",
        has_more=has_more,
    )
    return json_response(page)
