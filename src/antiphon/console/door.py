"""Where the console hangs on the server: `/` and `/console/…`. The rest is imported when there is time, or asked for.

Counterpart: `app.py`, what is behind it.
"""

import asyncio
from collections.abc import Callable
from importlib import import_module

from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from antiphon.server.services import Services

BASE = "/console"
API = "antiphon.api"
"""Where a scope holds the application that the API's routes are in."""
BEHIND = "antiphon.console.app"
SOON = 2.0
"""Seconds after its start, and between looks whether it is busy, in which a server makes its console ready."""


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

    async def make_ready(self, busy: Callable[[], int], every: float = SOON) -> None:
        """Build it aside as soon as nothing else goes on, so that the first page doesn't wait for it."""
        await asyncio.sleep(every)
        while busy():  # noqa: ASYNC110 - runs don't say when the last has ended
            await asyncio.sleep(every)
        if self._app is None:
            self._take(await asyncio.to_thread(self._build))

    def _take(self, made: ASGIApp) -> None:
        """Whoever came meanwhile has built one, and pages of it are out."""
        if self._app is None:
            self._app = made


class Console:
    """The console of a process: none before its routes are asked for, and none where it is switched off."""

    def __init__(self) -> None:
        self._door: Door | None = None
        self._readying: asyncio.Task[None] | None = None

    def routes(self, services: Services) -> list[BaseRoute]:
        """Its routes."""
        if not services.config.console:
            return []
        self._door = Door(lambda: _behind(services))
        return [Route("/", self._door, methods=["GET"]), Mount(BASE, app=self._door)]

    def make_ready(self, services: Services) -> None:
        """Have it built when there is time; a server that stops doesn't wait for that."""
        if self._door is not None:
            self._readying = asyncio.ensure_future(self._door.make_ready(services.open_runs.count))


def routes(services: Services) -> list[BaseRoute]:
    """The console's routes, for a server that doesn't make it ready."""
    return Console().routes(services)


def _behind(services: Services) -> ASGIApp:
    made: ASGIApp = import_module(BEHIND).build(services)
    return made
