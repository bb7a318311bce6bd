"""The ASGI application: routes, errors, and the front before them. Counterpart: `serve.py`, which runs it."""

import time
from collections.abc import Callable
from functools import partial
from typing import TypedDict

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, ExceptionHandler

from antiphon.errors import AntiphonError
from antiphon.runner.quotas import WINDOWED
from antiphon.server.access import Clocks
from antiphon.server.background import taken_up
from antiphon.server.errors import on_antiphon_error, on_fault, on_http_exception
from antiphon.server.front import Front, Guard, is_loopback
from antiphon.server.pressure import Pressed
from antiphon.server.rights import guarded
from antiphon.server.routes import (
    audit_logs,
    chats,
    compact,
    containers,
    conversations,
    files,
    input_tokens,
    metrics,
    models,
    openapi,
    passthrough,
    prompts,
    responses,
    uploads,
    usage,
    vector_store_files,
    vector_stores,
)
from antiphon.server.scopes import Scoped
from antiphon.server.services import Services
from antiphon.server.straight import Straight
from antiphon.server.watched import Watched

NOUNS = (
    responses,
    compact,
    input_tokens,
    conversations,
    prompts,
    files,
    uploads,
    vector_stores,
    vector_store_files,
    containers,
    chats,
    models,
    usage,
    metrics,
    passthrough,
    audit_logs,
)

Pages = Callable[[Services], list[BaseRoute]]
"""The routes of pages for people; the room that has them stands above this one."""


HANDLERS: dict[type[Exception], ExceptionHandler] = {
    AntiphonError: on_antiphon_error,
    HTTPException: on_http_exception,
}


def no_pages(_: Services) -> list[BaseRoute]:
    """None."""
    return []


class Cors(TypedDict):
    """What web pages of allowed origins may send and see."""

    allow_methods: list[str]
    allow_headers: list[str]
    expose_headers: list[str]


CORS = Cors(
    allow_methods=["*"],
    allow_headers=["*"],
    expose_headers=[
        "x-request-id",
        "antiphon-approximated",
        "antiphon-ignored",
        "antiphon-replay",
        "retry-after",
        *(f"x-ratelimit-{word}-{kind}" for kind in WINDOWED for word in ("limit", "remaining", "reset")),
    ],
)


def build_app(services: Services, pages: Pages = no_pages) -> ASGIApp:
    """The whole server over `services`, with `pages` for people; under a cassette each scope has one, without pages."""
    config = services.config

    def scoped(scope: str) -> ASGIApp:
        return _app(services.in_scope(scope)) if scope else _app(services, pages)

    app = scoped("") if services.tape is None else Scoped(scoped)
    guard = Guard(config.cors, guarded=is_loopback(config.host))
    return Front(app, services.sources_for, guard, services.access, _watched(services))


def _watched(services: Services) -> Watched | None:
    if not services.seen.requests:
        return None
    paths = [route.path for route in all_routes(services) if isinstance(route, Route)]
    clocks = Clocks(time.time, time.monotonic)
    return Watched(services.seen, {path.partition("/{")[0] for path in paths}, clocks)


def all_routes(services: Services, pages: Pages = no_pages) -> list[BaseRoute]:
    """Every route of a server, without what it needs."""
    api = [route for noun in NOUNS for route in noun.routes(services)]
    return [*api, *openapi.routes(api), *pages(services)]


def _app(services: Services, pages: Pages = no_pages) -> ASGIApp:
    services.worker.take_up = partial(taken_up, services)
    routes, cors = guarded(all_routes(services, pages), meter=services.meter), services.config.cors
    app: ASGIApp = Starlette(
        routes=routes, exception_handlers={**HANDLERS, Exception: on_fault}, middleware=_cors(cors)
    )
    if not cors:
        app = Straight(app, routes, HANDLERS)
    return Pressed(app, services.pressure, services.open_runs)


def with_cors(app: ASGIApp, origins: list[str]) -> ASGIApp:
    """An application that web pages of these origins may use."""
    return CORSMiddleware(app, origins, **CORS) if origins else app


def _cors(origins: list[str]) -> list[Middleware]:
    return [Middleware(CORSMiddleware, origins, **CORS)] if origins else []
