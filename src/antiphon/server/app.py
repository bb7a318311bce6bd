"""The ASGI application: routes, errors, and the front before them. Counterpart: `serve.py`, which runs it."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from antiphon.errors import AntiphonError
from antiphon.server.errors import on_antiphon_error, on_fault, on_http_exception
from antiphon.server.front import Front, Guard, is_loopback
from antiphon.server.routes import chats, conversations, models, passthrough, responses
from antiphon.server.services import Services

NOUNS = (responses, conversations, chats, models, passthrough)
EXPOSED = ["x-request-id", "antiphon-approximated", "antiphon-ignored", "antiphon-replay"]


def build_app(services: Services) -> ASGIApp:
    """The whole server over `services`."""
    config = services.config
    app = Starlette(
        routes=[route for noun in NOUNS for route in noun.routes(services)],
        exception_handlers={
            AntiphonError: on_antiphon_error,
            HTTPException: on_http_exception,
            Exception: on_fault,
        },
        middleware=_cors(config.cors),
    )
    return Front(app, services.sources_for, Guard(config.cors, guarded=is_loopback(config.host)))


def _cors(origins: list[str]) -> list[Middleware]:
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=EXPOSED,
        )
    ]
