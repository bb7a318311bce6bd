"""Signing in with a key, and out; and the API as the pages reach it, with the key that was given.

Counterparts: `entrance.py`, `sessions.py`.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Message, Receive, Scope, Send

from antiphon.console.desk import Desk, to
from antiphon.console.door import API
from antiphon.server.callers import CALLER
from antiphon.server.front import RAW_SEND
from antiphon.server.pressure import Pressed

PASSED_ON = ("type", "asgi", "http_version", "method", "scheme", "query_string", "headers", "client", "server")
DISPOSED = frozenset({b"content-type", b"content-disposition"})
NO_KEY = "This is no key of this server, or not any more."


def routes(desk: Desk) -> list[BaseRoute]:
    """The routes of this page."""

    async def ask(request: Request) -> Response:
        if await _is_open(desk):
            return to("/")
        return _form(desk, request)

    async def enter(request: Request) -> Response:
        await desk.sessions.check(request)
        form = await request.form()
        key, then = str(form.get("key", "")).strip(), str(form.get("next", "/"))
        if await desk.services.access.authenticate(key) is None:
            return _form(desk, request, NO_KEY, 401)
        desk.sessions.begin(request, key)
        # Only a path of ours: nobody is led elsewhere from here.
        answer = to(then if then.startswith("/") and not then.startswith("//") else "/")
        desk.sessions.give(request, answer)
        return answer

    async def leave(request: Request) -> Response:
        await desk.sessions.check(request)
        desk.sessions.end(request)
        answer = to("/login")
        desk.sessions.give(request, answer)
        return answer

    return [
        Route("/login", ask, methods=["GET"]),
        Route("/login", enter, methods=["POST"]),
        Route("/logout", leave, methods=["POST"]),
        Route("/v1/{path:path}", Forward(desk), methods=["POST", "GET", "DELETE"]),
    ]


async def _is_open(desk: Desk) -> bool:
    await desk.services.access.refresh()
    return desk.services.access.open


def _form(desk: Desk, request: Request, wrong: str = "", status: int = 200) -> Response:
    then = request.query_params.get("next", "/")
    locked = desk.services.access.locked
    return desk.page(request, "login.html", status, wrong=wrong, next=then, locked=locked)


class Forward:
    """A request of a page to the API of this server, for whoever is signed in. What changes something is checked."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            await self._desk.sessions.check(Request(scope))
        path = f"/v1/{scope['path_params']['path']}"
        inner = {name: scope[name] for name in PASSED_ON if name in scope}
        inner |= {"path": path, "raw_path": path.encode(), "root_path": "", CALLER: scope[CALLER], RAW_SEND: send}
        services = self._desk.services
        api = Pressed(scope[API], services.pressure, services.open_runs)
        await api(inner, receive, _downloaded(send) if path.endswith("/content") else send)


def _downloaded(send: Send) -> Send:
    """The content of a file is saved and never shown: it may be a page itself."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message["headers"] if pair[0].lower() not in DISPOSED]
            message["headers"] = [
                *kept,
                (b"content-type", b"application/octet-stream"),
                (b"content-disposition", b"attachment"),
            ]
        await send(message)

    return with_headers
