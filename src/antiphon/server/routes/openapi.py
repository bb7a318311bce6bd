"""`GET /openapi.json` and `GET /docs`: the API as a document, for programs and for people.

Made once, when it is first asked for. Not here: what stands in it (`server/openapi/`).
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from antiphon.server.openapi.document import document
from antiphon.server.openapi.page import POLICY, STYLE, page

LASTING = {"cache-control": "max-age=300"}


class Told:
    """The document of a server with these routes, and its own."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = routes

    @cached_property
    def document(self) -> dict[str, Any]:
        """The document."""
        return document([*self._routes, *self.routes])

    @cached_property
    def routes(self) -> list[BaseRoute]:
        """Its own routes."""
        return [
            Route("/openapi.json", self.get, methods=["GET"]),
            Route("/docs", self.docs, methods=["GET"]),
            Route("/docs/style.css", self.style, methods=["GET"], include_in_schema=False),
        ]

    async def get(self, _: Request) -> Response:
        """The document for programs."""
        return Response(msgspec.json.encode(self.document), media_type="application/json", headers=LASTING)

    async def docs(self, _: Request) -> Response:
        """The document for people."""
        headers = {**LASTING, "content-security-policy": POLICY, "x-content-type-options": "nosniff"}
        return Response(page(self.document), media_type="text/html", headers=headers)

    async def style(self, _: Request) -> Response:
        """How the page looks."""
        return Response(STYLE, media_type="text/css", headers=LASTING)


def routes(others: Sequence[BaseRoute]) -> list[BaseRoute]:
    """The routes of this noun, beside all others."""
    return Told(others).routes
