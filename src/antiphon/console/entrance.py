"""Who may see which page: by a key in the request, or the one that this browser gave; anyone on an open server.

Counterparts: `sessions.py`, the cookie; `server/rights.py`, the same for the API.
"""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from antiphon.console.desk import WHOLE_SERVER, Desk, to
from antiphon.errors import AntiphonError, Unauthorized
from antiphon.keys import ADMIN, INFERENCE, READ, WRITE
from antiphon.server.access import REFUSAL
from antiphon.server.callers import CALLER, Caller
from antiphon.server.rights import missing

FREE = ("/static", "/login")
"""What needs nobody."""
FORWARDED = "/v1"
"""What the API itself asks rights for."""
ASKING = ("/playground",)
"""Pages whose forms ask for what a run asks."""
READING = frozenset({"GET", "HEAD"})


class Entrance:
    """The pages behind what they need."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = inside(scope)
        if scope["type"] == "http" and not under(path, FREE):
            request = Request(scope, receive)
            refused = await self._refused(request, path)
            if refused is not None:
                return await refused(scope, receive, send)
        return await self._app(scope, receive, send)

    async def _refused(self, request: Request, path: str) -> Response | None:
        """The answer for who may not see this; None for who may."""
        try:
            caller = await self._caller(request)
        except AntiphonError as fault:
            return self._said(request, fault)
        if caller is None:
            if request.method in READING and not path.endswith(".json"):
                return to(f"/login?next={quote(path, safe='/')}")
            return self._said(request, Unauthorized("Sign in first: the page of this form is of an earlier session."))
        request.scope[CALLER] = caller
        request.scope.pop(REFUSAL, None)
        wanting = missing(needed(request.method, path), caller.scopes) if not under(path, (FORWARDED,)) else None
        return self._said(request, wanting) if wanting else None

    async def _caller(self, request: Request) -> Caller | None:
        found: Caller | None = request.scope.get(CALLER)
        if found is not None:
            return found
        key = self._desk.sessions.key_of(request)
        return await self._desk.services.access.authenticate(key) if key else None

    def _said(self, request: Request, fault: AntiphonError) -> Response:
        return self._desk.page(request, "error.html", fault.http_status, title="Not allowed", said=fault.message)


def needed(method: str, path: str) -> str:
    """The scope that a page needs."""
    if under(path, WHOLE_SERVER):
        return ADMIN
    if method not in READING and under(path, ASKING):
        return INFERENCE
    return READ if method in READING else WRITE


def under(path: str, places: tuple[str, ...]) -> bool:
    """Whether a path is one of these places, or below one."""
    return any(path == place or path.startswith(place + "/") for place in places)


def inside(scope: Scope) -> str:
    """The path within the console."""
    path: str = scope.get("path", "")
    return path.removeprefix(scope.get("root_path", ""))
