"""Where the console hangs on the server: `/` and `/console/…`. The rest is imported when the first page is asked for.

Counterpart: `app.py`, what is behind it.
"""

from importlib import import_module

from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from antiphon.server.services import Services

BASE = "/console"
API = "antiphon.api"
"""Where a scope holds the application that the API's routes are in."""
BEHIND = "antiphon.console.app"


class Door:
    """The console as an ASGI application that is made when it is first used."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            self._app = import_module(BEHIND).build(self._services)
        scope[API] = scope.get("app")
        await self._app(scope, receive, send)


def routes(services: Services) -> list[BaseRoute]:
    """The console's routes; none where it is switched off."""
    if not services.config.console:
        return []
    door = Door(services)
    return [Route("/", door, methods=["GET"]), Mount(BASE, app=door)]
