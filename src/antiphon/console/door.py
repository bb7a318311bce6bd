"""Where the console hangs on the server: `/` and `/console/…`. The rest is imported when a page is asked for.

Counterpart: `app.py`, what is behind it.
"""

from collections.abc import Callable
from importlib import import_module

from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from antiphon.server.services import Services

BASE = "/console"
API = "antiphon.api"
"""Where a scope holds the application that the API's routes are in."""
BEHIND = "antiphon.console.app"


class Door:
    """The console as an ASGI application; `build` makes it, once."""

    def __init__(self, build: Callable[[], ASGIApp]) -> None:
        self._build = build
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            self._app = self._build()
        scope[API] = scope.get("app")
        await self._app(scope, receive, send)


def routes(services: Services) -> list[BaseRoute]:
    """The console's routes; none where it is switched off."""
    if not services.config.console:
        return []
    door = Door(lambda: _behind(services))
    return [Route("/", door, methods=["GET"]), Mount(BASE, app=door)]


def _behind(services: Services) -> ASGIApp:
    made: ASGIApp = import_module(BEHIND).build(services)
    return made
