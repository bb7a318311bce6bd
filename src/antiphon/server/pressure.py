"""Refuses work while the server stops or has too much of it, before the routes see it.

Not here: the counts (`runner/pressure.py`), limits of one request (`limits.py`). Whoever follows or cancels a response
brings no work, and is let through while the server stops.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antiphon.errors import AntiphonError, ServerStopping
from antiphon.runner.open_runs import OpenRuns
from antiphon.runner.pressure import Pressure
from antiphon.server.access import REFUSAL
from antiphon.server.callers import project_of
from antiphon.server.errors import error_response

API = "/v1/"


class Pressed:
    """An application behind its limits."""

    def __init__(self, app: ASGIApp, pressure: Pressure, open_runs: OpenRuns) -> None:
        self._app = app
        self._pressure = pressure
        self._open_runs = open_runs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if REFUSAL in scope or not (brings_work(scope) or follows(scope)):
            # Whoever has no key is refused by the route, and brings no work.
            return await self._app(scope, receive, send)
        try:
            if self._open_runs.closing and brings_work(scope):
                raise ServerStopping("The server stops and takes no more work. Ask again: another may take it.")
            share = self._pressure.enter(project_of(scope))
        except AntiphonError as refused:
            return await error_response(refused)(scope, receive, send)

        async def counted() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                share.hold(len(message.get("body", b"")))
            return message

        try:
            return await self._app(scope, counted if scope["type"] == "http" else receive, send)
        finally:
            share.leave()


def brings_work(scope: Scope) -> bool:
    """Whether a request has something made that goes on for a while."""
    if scope["type"] == "websocket":
        return True
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    return scope["path"].startswith(API) and not scope["path"].endswith("/cancel")


def follows(scope: Scope) -> bool:
    """Whether a request follows what is made already."""
    return scope["type"] == "http" and b"stream=true" in scope["query_string"]
