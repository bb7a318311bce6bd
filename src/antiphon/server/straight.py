"""The straight way to what is asked all day: routes of one path that are plain applications.

What Starlette's layers do for a request that goes well, they needn't do; where one fails, its exception goes through
the same layers as everyone's. Not here: the routes (`routes/`). Counterpart: `app.py`, where all other ways begin.
"""

from collections.abc import Sequence
from inspect import isroutine
from typing import NoReturn

from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, ExceptionHandler, Receive, Scope, Send

from antiphon.server.errors import on_fault
from antiphon.server.watched import STATUS

FAULT = "antiphon.fault"
"""Where a scope holds the exception that its request ended with."""


class Straight:
    """An application, and before it the routes of it that are found at once. `handlers` are those of exceptions."""

    def __init__(
        self, app: ASGIApp, routes: Sequence[BaseRoute], handlers: dict[type[Exception], ExceptionHandler]
    ) -> None:
        self._app = app
        self._faults = ServerErrorMiddleware(ExceptionMiddleware(_fail, handlers), on_fault)
        self._straight: dict[tuple[str, str], ASGIApp] = {
            (method, route.path): route.app
            for route in reversed(routes)
            if isinstance(route, Route) and not route.param_convertors and not isroutine(route.endpoint)
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._straight.get((scope.get("method", ""), scope["path"]))
        if app is None:
            return await self._app(scope, receive, send)
        scope["app"] = self._app
        try:
            await app(scope, receive, send)
        except Exception as error:
            if STATUS in scope:
                # The client has a status already: the log alone is told, and the connection ends.
                await on_fault(Request(scope), error)
                raise
            scope[FAULT] = error
            await self._faults(scope, receive, send)


async def _fail(scope: Scope, _receive: Receive, _send: Send) -> NoReturn:
    raise scope[FAULT]
