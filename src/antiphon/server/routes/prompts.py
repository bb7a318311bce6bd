"""`/v1/prompts`: keep prompt templates, in versions.

Ours: the API itself has no public endpoint for them. Not here: what a template may say (`engine/templates.py`), how
a request uses one (`server/templates.py`).
"""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from antiphon.engine.templates import read_template, variables
from antiphon.seen.context import REQUEST_ID
from antiphon.server.callers import project_of
from antiphon.server.json import json_response
from antiphon.server.limits import read_json_body
from antiphon.server.paging import page_query
from antiphon.server.services import Services
from antiphon.server.templates import version_number
from antiphon.store.base import StoredPrompt
from antiphon.store.pages import Page
from antiphon.wire.prompts import PromptDeleted

PATH = "/v1/prompts"


class Prompts:
    """The operations, over one server's services."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def create(self, request: Request) -> Response:
        """`POST /v1/prompts`: version 1 of a new prompt."""
        prompt = await self._given(request, None)
        await self._store.create_prompt(project_of(request.scope), prompt)
        return json_response(_object(prompt))

    async def add_version(self, request: Request) -> Response:
        """`POST` of one version more."""
        prompt = await self._given(request, _id(request))
        return json_response(_object(await self._store.add_prompt_version(project_of(request.scope), prompt)))

    async def retrieve(self, request: Request) -> Response:
        """`GET` of a version, the newest unless the query says which."""
        said = request.path_params.get("version") or request.query_params.get("version")
        number = version_number(said, _id(request)) if said else None
        return json_response(_object(await self._store.get_prompt(project_of(request.scope), _id(request), number)))

    async def list_all(self, request: Request) -> Response:
        """`GET` of all prompts, each in its newest version."""
        page = await self._store.list_prompts(project_of(request.scope), page_query(request))
        return json_response(_page(page, [prompt.id for prompt in page.items]))

    async def list_versions(self, request: Request) -> Response:
        """`GET` of a prompt's versions; `after` and `before` are their numbers."""
        page = await self._store.list_prompt_versions(project_of(request.scope), _id(request), page_query(request))
        return json_response(_page(page, [str(prompt.version) for prompt in page.items]))

    async def delete(self, request: Request) -> Response:
        """`DELETE` of a prompt with all its versions."""
        await self._store.delete_prompt(project_of(request.scope), _id(request))
        return json_response(PromptDeleted(id=_id(request)))

    async def _given(self, request: Request, prompt_id: str | None) -> StoredPrompt:
        """What a body makes, under the id of an old prompt or a new one."""
        body = await read_json_body(request.scope, request.receive, self._services.config.max_body)
        sources = self._services.sources_for(request.method, request.url.path, body)
        request.scope[REQUEST_ID] = sources.ids("req")
        template = msgspec.json.encode(read_template(body, sources))
        return StoredPrompt(id=prompt_id or sources.ids("pmpt"), version=1, created_at=sources.now(), body=template)


def routes(services: Services) -> list[Route]:
    """The routes of this noun."""
    prompts = Prompts(services)
    one = PATH + "/{id}"
    return [
        Route(PATH, prompts.create, methods=["POST"]),
        Route(PATH, prompts.list_all, methods=["GET"]),
        Route(one, prompts.retrieve, methods=["GET"]),
        Route(one, prompts.delete, methods=["DELETE"]),
        Route(one + "/versions", prompts.add_version, methods=["POST"]),
        Route(one + "/versions", prompts.list_versions, methods=["GET"]),
        Route(one + "/versions/{version}", prompts.retrieve, methods=["GET"]),
    ]


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _object(prompt: StoredPrompt) -> dict[str, Any]:
    """The prompt object: its own members, then the template's."""
    template: dict[str, Any] = msgspec.json.decode(prompt.body)
    own = {"id": prompt.id, "object": "prompt", "created_at": prompt.created_at, "version": str(prompt.version)}
    return own | {"name": None, "metadata": {}, "variables": variables(template)} | template


def _page(page: Page[StoredPrompt], cursors: list[str]) -> dict[str, Any]:
    return {
        "object": "list",
        "data": [_object(prompt) for prompt in page.items],
        "first_id": cursors[0] if cursors else "",
        "last_id": cursors[-1] if cursors else "",
        "has_more": page.has_more,
    }
