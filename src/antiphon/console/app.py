"""The console's own application: its pages, its files, and what it says when something is wrong.

Counterpart: `door.py`, through which it is reached.
"""

import logging
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from antiphon.console.desk import Desk
from antiphon.console.entrance import Entrance
from antiphon.console.headers import Headers
from antiphon.console.pages import (
    cassettes,
    conversations,
    files,
    keys,
    overview,
    playground,
    response,
    responses,
    signing_in,
)
from antiphon.console.rendering import FOLDER, compiled
from antiphon.console.sessions import SIZE, Sessions
from antiphon.errors import AntiphonError
from antiphon.sealing import Sealing
from antiphon.server.services import Services
from antiphon.sources import chance, live

log = logging.getLogger("antiphon")
OURS = 500
TITLES = {403: "Not allowed", 404: "Not found", 409: "Not now"}
PAGES = (overview, responses, response, playground, conversations, cassettes, files, keys, signing_in)


def build(services: Services) -> ASGIApp:
    """The console over a server's rooms."""
    # Under a cassette the server's own seals are no secret.
    sealing = Sealing([chance(SIZE)]) if services.tape else services.sealing
    desk = Desk(services, Sessions(sealing, live().clock))
    compiled(desk.templates)
    static = Mount("/static", app=StaticFiles(directory=str(FOLDER.joinpath("static"))))
    pages = Starlette(
        routes=[static, *(route for page in PAGES for route in page.routes(desk))],
        exception_handlers={
            AntiphonError: partial(_wrong, desk),
            HTTPException: partial(_missing, desk),
            Exception: partial(_broken, desk),
        },
        middleware=[Middleware(Entrance, desk)],
    )
    return Headers(pages)


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
