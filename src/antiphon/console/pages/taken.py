"""What is taken away from a response: the request that gives it again, and the whole of it as a cassette.

A page of its own, since it needs all that cassettes do. Counterparts: `pages/response.py`, `taking.py`.
"""

from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from antiphon.console.desk import Desk
from antiphon.console.taking import taken
from antiphon.engine.retelling import request_of
from antiphon.server.retaking import find


def routes(desk: Desk) -> list[BaseRoute]:
    """The routes of this page."""
    return [
        Route("/responses/{id}/request.json", partial(_asked, desk)),
        Route("/responses/{id}/cassette", partial(_cassette, desk), methods=["POST"]),
    ]


async def _asked(desk: Desk, request: Request) -> Response:
    """The request that gives this answer, with all that came before it."""
    kept = await find(desk.services.store, desk.project(request), request.path_params["id"])
    return JSONResponse(request_of(kept.response, kept.before))


async def _cassette(desk: Desk, request: Request) -> Response:
    """The response as a cassette to be downloaded."""
    await desk.sessions.check(request)
    kept = await find(desk.services.store, desk.project(request), request.path_params["id"])
    file = await taken(kept, desk.services.config, request.path_params["id"])
    said = {"content-disposition": f'attachment; filename="{file.name}"'}
    return Response(file.data, media_type=file.media, headers=said)
