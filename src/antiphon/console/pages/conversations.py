"""Conversations: the list; one as a thread, its responses and what branches off them; items added and deleted.

Counterpart: `server/routes/conversations.py`, the same for programs.
"""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from antiphon.console.branches import branch_of, grow
from antiphon.console.chat import entries
from antiphon.console.desk import Desk, to
from antiphon.errors import InvalidRequest
from antiphon.sources import live
from antiphon.store.base import Conversation
from antiphon.store.lists import Chosen
from antiphon.store.pages import PageQuery
from antiphon.wire.answers import StoredItem

SIZE = 50
RESPONSES = 20
ROLES = {"user": "input_text", "assistant": "output_text", "system": "input_text", "developer": "input_text"}
"""Who may have said a message that is added, and what its content is then."""


def routes(desk: Desk) -> list[BaseRoute]:
    """The routes of this page."""

    async def listed(request: Request) -> Response:
        before = request.query_params.get("before")
        found = await desk.services.store.lists.conversations(desk.project(request), before, SIZE)
        return desk.page(request, "conversations.html", rows=found.rows, older=found.older, before=before)

    async def create(request: Request) -> Response:
        await desk.sessions.check(request)
        made = Conversation(id=live().ids("conv"), created_at=live().now(), metadata={})
        await desk.services.store.create_conversation(desk.project(request), made)
        return to(f"/conversations/{made.id}")

    async def show(request: Request) -> Response:
        return await _show(desk, request)

    async def add(request: Request) -> Response:
        await desk.sessions.check(request)
        form = await request.form()
        item = message(str(form.get("role", "user")), str(form.get("text", "")))
        await desk.services.store.add_items(desk.project(request), request.path_params["id"], [item])
        return to(f"/conversations/{request.path_params['id']}?end=1#{item.id}")

    async def take_out(request: Request) -> Response:
        await desk.sessions.check(request)
        conversation, item = request.path_params["id"], request.path_params["item"]
        await desk.services.store.delete_item(desk.project(request), conversation, item)
        return to(f"/conversations/{conversation}")

    async def delete(request: Request) -> Response:
        await desk.sessions.check(request)
        await desk.services.store.delete_conversation(desk.project(request), request.path_params["id"])
        return to("/conversations")

    path = "/conversations/{id}"
    return [
        Route("/conversations", listed, methods=["GET"]),
        Route("/conversations", create, methods=["POST"]),
        Route(path, show),
        Route(path + "/items", add, methods=["POST"]),
        Route(path + "/items/{item}/delete", take_out, methods=["POST"]),
        Route(path + "/delete", delete, methods=["POST"]),
    ]


def message(role: str, text: str) -> StoredItem:
    """A message as an item. Raises `InvalidRequest`."""
    if role not in ROLES or not text.strip():
        raise InvalidRequest("A message has a text, and was said by " + ", ".join(ROLES) + ".", param="text")
    part: dict[str, Any] = {"type": ROLES[role], "text": text}
    if role == "assistant":
        part |= {"annotations": [], "logprobs": []}
    item_id = live().ids("msg")
    item = {"id": item_id, "type": "message", "status": "completed", "role": role, "content": [part]}
    return StoredItem(item_id, msgspec.json.encode(item))


async def _show(desk: Desk, request: Request) -> Response:
    store, project, name = desk.services.store, desk.project(request), request.path_params["id"]
    row = await store.get_conversation(project, name)
    said = request.query_params
    # From its end on, and back from there: the newest is what one looks for.
    query = PageQuery(after=said.get("after"), before=said.get("before"), limit=SIZE, order="desc")
    page = await store.list_items(project, name, query)
    found = await store.lists.responses(project, Chosen(conversation=name), None, RESPONSES)
    answers = [branch_of(row) for row in found.rows]
    await grow(store.lists, project, answers)
    items = page.items[::-1]
    return desk.page(
        request,
        "conversation.html",
        row=row,
        entries=entries(items),
        earlier=items[0].id if items and page.has_more else None,
        later=bool(said.get("after")),
        answers=answers,
        roles=list(ROLES),
    )
