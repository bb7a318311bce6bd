"""What each route needs: one literal table. A route that isn't in it can't be served: the server doesn't start.

Not here: whose key is good for what (`antiphon/keys.py`), how a caller is found (`access.py`). Counterpart: the
matrix in `tests/server/test_rights_matrix.py`, which tries every route with every kind of key.
"""

from collections.abc import Iterator, Mapping, Sequence

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from antiphon.errors import AntiphonError, ScopeMissing
from antiphon.keys import ADMIN, INFERENCE, READ, WRITE
from antiphon.server.access import REFUSAL
from antiphon.server.callers import caller_of
from antiphon.server.errors import error_response
from antiphon.server.metering import Meter, Metered

ANYONE = "anyone"
"""Needs no key. Such a route has no caller, unless it finds one itself."""

RIGHTS: Mapping[str, str] = {
    "GET /": ANYONE,
    "MOUNT /console": ANYONE,
    "GET /v1/health": ANYONE,
    "GET /v1/ready": ANYONE,
    "GET /v1/models": READ,
    "GET /v1/models/{id:path}": READ,
    "POST /v1/responses": INFERENCE,
    "GET /v1/responses": READ,
    "WEBSOCKET /v1/responses": INFERENCE,
    "POST /v1/responses/compact": INFERENCE,
    "POST /v1/responses/input_tokens": INFERENCE,
    "GET /v1/responses/{id}": READ,
    "DELETE /v1/responses/{id}": WRITE,
    "POST /v1/responses/{id}/cancel": INFERENCE,
    "GET /v1/responses/{id}/input_items": READ,
    "POST /v1/conversations": WRITE,
    "GET /v1/conversations/{id}": READ,
    "POST /v1/conversations/{id}": WRITE,
    "DELETE /v1/conversations/{id}": WRITE,
    "POST /v1/conversations/{id}/items": WRITE,
    "GET /v1/conversations/{id}/items": READ,
    "GET /v1/conversations/{id}/items/{item_id}": READ,
    "DELETE /v1/conversations/{id}/items/{item_id}": WRITE,
    "POST /v1/prompts": WRITE,
    "GET /v1/prompts": READ,
    "GET /v1/prompts/{id}": READ,
    "DELETE /v1/prompts/{id}": WRITE,
    "POST /v1/prompts/{id}/versions": WRITE,
    "GET /v1/prompts/{id}/versions": READ,
    "GET /v1/prompts/{id}/versions/{version}": READ,
    "POST /v1/files": WRITE,
    "GET /v1/files": READ,
    "GET /v1/files/{id}": READ,
    "DELETE /v1/files/{id}": WRITE,
    "GET /v1/files/{id}/content": READ,
    "POST /v1/uploads": WRITE,
    "POST /v1/uploads/{id}/parts": WRITE,
    "POST /v1/uploads/{id}/complete": WRITE,
    "POST /v1/uploads/{id}/cancel": WRITE,
    "POST /v1/vector_stores": WRITE,
    "GET /v1/vector_stores": READ,
    "GET /v1/vector_stores/{id}": READ,
    "POST /v1/vector_stores/{id}": WRITE,
    "DELETE /v1/vector_stores/{id}": WRITE,
    "POST /v1/vector_stores/{id}/search": READ,
    "POST /v1/vector_stores/{id}/files": WRITE,
    "GET /v1/vector_stores/{id}/files": READ,
    "GET /v1/vector_stores/{id}/files/{file}": READ,
    "POST /v1/vector_stores/{id}/files/{file}": WRITE,
    "DELETE /v1/vector_stores/{id}/files/{file}": WRITE,
    "GET /v1/vector_stores/{id}/files/{file}/content": READ,
    "POST /v1/vector_stores/{id}/file_batches": WRITE,
    "GET /v1/vector_stores/{id}/file_batches/{batch}": READ,
    "POST /v1/vector_stores/{id}/file_batches/{batch}/cancel": WRITE,
    "GET /v1/vector_stores/{id}/file_batches/{batch}/files": READ,
    "POST /v1/containers": WRITE,
    "GET /v1/containers": READ,
    "GET /v1/containers/{id}": READ,
    "DELETE /v1/containers/{id}": WRITE,
    "POST /v1/containers/{id}/files": WRITE,
    "GET /v1/containers/{id}/files": READ,
    "GET /v1/containers/{id}/files/{file}": READ,
    "DELETE /v1/containers/{id}/files/{file}": WRITE,
    "GET /v1/containers/{id}/files/{file}/content": READ,
    "POST /v1/chat/completions": INFERENCE,
    "GET /v1/chat/completions": READ,
    "GET /v1/chat/completions/{id}": READ,
    "POST /v1/chat/completions/{id}": WRITE,
    "DELETE /v1/chat/completions/{id}": WRITE,
    "GET /v1/chat/completions/{id}/messages": READ,
    "POST /v1/completions": INFERENCE,
    "POST /v1/embeddings": INFERENCE,
    "POST /v1/moderations": INFERENCE,
    "GET /v1/organization/audit_logs": ADMIN,
    "GET /v1/usage": READ,
    "GET /metrics": ADMIN,
    "GET /openapi.json": ANYONE,
    "GET /docs": ANYONE,
    "GET /docs/style.css": ANYONE,
}
"""By method and path as the route has them; a mounted application is `MOUNT /path`, one for all methods `* /path`."""
MOUNT, EVERY = "MOUNT", "*"


class UnknownRight(LookupError):
    """A route that nobody said anything of. Raised as the server is put together, never for a request."""


def names_of(route: BaseRoute) -> Iterator[str]:
    """What a route is called in the table, once for each of its methods."""
    match route:
        case Mount():
            yield f"{MOUNT} {route.path}"
        case WebSocketRoute():
            yield f"WEBSOCKET {route.path}"
        case Route():
            for method in sorted((route.methods or {EVERY}) - {"HEAD"}):
                yield f"{method} {route.path}"
        case _:
            yield repr(route)


def guarded(
    routes: Sequence[BaseRoute], rights: Mapping[str, str] = RIGHTS, meter: Meter | None = None
) -> list[BaseRoute]:
    """The routes, each behind what it needs, and behind a meter. Raises `UnknownRight` for one without a row."""
    for route in routes:
        needed = {name.partition(" ")[0]: _right(name, rights) for name in names_of(route)}
        if isinstance(route, Route | WebSocketRoute | Mount):
            counts = set(needed.values())
            if meter is not None and ANYONE not in counts:
                streams = INFERENCE in counts
                route.app = Metered(route.app, meter, streams=streams, keeps=streams or WRITE in counts)
            route.app = Guarded(route.app, needed)
    return list(routes)


class Guarded:
    """A route's application for those who may use it. `needed` is the scope by method."""

    def __init__(self, app: ASGIApp, needed: Mapping[str, str]) -> None:
        self._app = app
        self._needed = needed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (refusal := self.refusal(scope)) is None:
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            return await error_response(refusal)(scope, receive, send)
        raise refusal

    def refusal(self, scope: Scope) -> AntiphonError | None:
        """Why the caller may not use this route; None where it may."""
        needed = self._right_for(scope)
        if needed == ANYONE:
            return None
        refusal: AntiphonError | None = scope.get(REFUSAL)
        return refusal or missing(needed, caller_of(scope).scopes)

    def _right_for(self, scope: Scope) -> str:
        if self._needed.keys() & {MOUNT, EVERY}:
            return next(iter(self._needed.values()))
        method = "WEBSOCKET" if scope["type"] == "websocket" else scope["method"]
        return self._needed["GET" if method == "HEAD" else method]


def missing(needed: str, scopes: frozenset[str]) -> ScopeMissing | None:
    """Why these scopes don't do."""
    if needed in scopes:
        return None
    return ScopeMissing(
        f"You have insufficient permissions for this operation. Missing scopes: {needed}. "
        "Ask the operator for a key that has it (`antiphon keys create --scopes`)."
    )


def _right(name: str, rights: Mapping[str, str]) -> str:
    if name not in rights:
        raise UnknownRight(f"The route '{name}' has no row in RIGHTS of server/rights.py: say which scope it needs.")
    return rights[name]
