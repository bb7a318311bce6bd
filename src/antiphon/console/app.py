"""The console's own application: its pages, its files, and what it says when something is wrong.

Counterpart: `door.py`, through which it is reached.
"""

import logging
from functools import partial
from importlib import import_module

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Router
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from antiphon.console.desk import Desk
from antiphon.console.entrance import Entrance, inside
from antiphon.console.headers import Headers
from antiphon.console.rendering import HERE
from antiphon.console.sessions import SIZE, Sessions
from antiphon.errors import AntiphonError
from antiphon.sealing import Sealing
from antiphon.server.services import Services
from antiphon.sources import chance, live

log = logging.getLogger("antiphon")
OURS = 500
FOLDER = "antiphon.console.pages"
TITLES = {403: "Not allowed", 404: "Not found", 409: "Not now"}
PAGES = {
    "": ("overview",),
    "pulse": ("overview",),
    "responses": ("responses", "response"),
    "items": ("response",),
    "conversations": ("conversations",),
    "playground": ("playground",),
    "cassettes": ("cassettes",),
    "files": ("files",),
    "vector_stores": ("files",),
    "usage": ("keys",),
    "keys": ("keys",),
    "login": ("signing_in",),
    "logout": ("signing_in",),
    "v1": ("signing_in",),
}
"""The modules of `pages/` by the first word of a path; a path that is no longer needs the first of them alone."""
APART = {("responses", "request.json"): ("taken",), ("responses", "cassette"): ("taken",)}
"""Modules of pages by the first and the last word: what needs more than the rest of its page."""


def build(services: Services) -> ASGIApp:
    """The console over a server's rooms."""
    # Under a cassette the server's own seals are no secret.
    sealing = Sealing([chance(SIZE)]) if services.tape else services.sealing
    desk = Desk(services, Sessions(sealing, live().clock))
    static = Mount("/static", app=StaticFiles(directory=HERE / "static"))
    pages = Starlette(
        routes=[static, Mount("/", app=Pages(desk))],
        exception_handlers={
            AntiphonError: partial(_wrong, desk),
            HTTPException: partial(_missing, desk),
            Exception: partial(_broken, desk),
        },
        middleware=[Middleware(Entrance, desk)],
    )
    return Headers(pages)


class Pages:
    """The pages, each imported when it is asked for: the first one doesn't wait for what it doesn't show."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._made: dict[tuple[str, ...], Router] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        word, _, more = inside(scope).removeprefix("/").partition("/")
        names = PAGES.get(word, ())
        # A list is drawn without what draws one of it.
        wanted = APART.get((word, more.rpartition("/")[2]), names if more else names[:1])
        if wanted not in self._made:
            routes = [route for name in wanted for route in import_module(f"{FOLDER}.{name}").routes(self._desk)]
            self._made[wanted] = Router(routes)
        await self._made[wanted](scope, receive, send)


async def _wrong(desk: Desk, request: Request, error: Exception) -> Response:
    fault = error if isinstance(error, AntiphonError) else AntiphonError(str(error))
    return desk.page(request, "error.html", fault.http_status, title=_title(fault.http_status), said=fault.message)


async def _missing(desk: Desk, request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return desk.page(request, "error.html", status, title=_title(status), said=f"There is no page {request.url.path}.")


async def _broken(desk: Desk, request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    said = "The server failed on this page. Its log has the details."
    return desk.page(request, "error.html", OURS, title=_title(OURS), said=said)


def _title(status: int) -> str:
    return TITLES.get(status, "A fault of ours" if status >= OURS else "That didn't work")
