"""`GET /v1/responses`: the stored responses of a project, each with what was put in.

OpenAI has no such list; this one is OGX's, as `ogx-client` and `llama-stack-client` ask for it (`responses.list`). The
same request with an upgrade to WebSocket is `sockets/`'s. Counterpart: `store/lists.py`.
"""

from contextlib import suppress

import msgspec
from msgspec import Raw
from starlette.requests import Request
from starlette.responses import Response as HttpResponse

from antiphon.engine.included import given_out
from antiphon.engine.present import shown
from antiphon.errors import NotFound, UpgradeRequired
from antiphon.server.callers import project_of
from antiphon.server.json import json_response
from antiphon.server.paging import MAX_LIMIT, page_query
from antiphon.server.services import Services
from antiphon.store.pages import PageQuery
from antiphon.wire.answers import StoredItem
from antiphon.wire.responses import Response

NO_SOCKET = "This server was started with --no-websocket. Over HTTP, responses are made with POST /v1/responses."


class WithInput(Response, kw_only=True):
    """A response and its own input items; those before it belong to other responses."""

    input: list[Raw]


class ResponsePage(msgspec.Struct, kw_only=True):
    """A page of responses, with the ids of the first and the last."""

    object: str = "list"
    data: list[WithInput]
    first_id: str
    last_id: str
    has_more: bool


class ResponseList:
    """The route, over one server's services."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def __call__(self, request: Request) -> HttpResponse:
        """`after`, `limit`, `order` and `model`. Raises `UpgradeRequired` for a socket, where there are none."""
        if "upgrade" in request.headers:
            raise UpgradeRequired(NO_SOCKET)
        project, query = project_of(request.scope), page_query(request)
        model = request.query_params.get("model") or None
        found = await self._services.store.lists.response_ids(project, query, model)
        data: list[WithInput] = []
        for response_id in found.items:
            # One that was deleted meanwhile is left out.
            with suppress(NotFound):
                data.append(await self._whole(project, response_id))
        ids = found.items or [""]
        return json_response(ResponsePage(data=data, first_id=ids[0], last_id=ids[-1], has_more=found.has_more))

    async def _whole(self, project: str, response_id: str) -> WithInput:
        saved = await self._services.store.get_answer(project, response_id)
        fields = msgspec.structs.asdict(msgspec.json.decode(saved.body, type=Response))
        seal = self._services.seal(project)
        output = [given_out(Raw(item.raw), frozenset(), seal) for item in saved.output]
        items = [shown(item, frozenset(), seal) for item in await self._input(project, response_id)]
        return WithInput(**{**fields, "output": output}, input=items)

    async def _input(self, project: str, response_id: str) -> list[StoredItem]:
        items: list[StoredItem] = []
        more, after = True, None
        while more:
            query = PageQuery(after=after, limit=MAX_LIMIT, order="asc")
            page = await self._services.store.input_items(project, response_id, query)
            items += page.items
            more, after = page.has_more, items[-1].id if items else None
        return items
