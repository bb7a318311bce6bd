"""What stands before the routes: request ids, who asks, and the guard of an open server against web pages.

A page from anywhere may send requests to a loopback port through its reader's browser. Without keys,
therefore, a request must carry a loopback `Host` (a rebound name doesn't) and no foreign `Origin`; that
bodies are declared as JSON, which makes a browser ask first, is seen to in `limits.py`.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antiphon.errors import Forbidden
from antiphon.seen.context import HEADERS, REQUEST_ID
from antiphon.server.access import Access
from antiphon.server.coded import BODY_WRITER
from antiphon.server.errors import error_response
from antiphon.server.watched import STATUS, Watched
from antiphon.sources import Sources

OLD = "/v1/openai"
OLD_PATHS = b"/v1/openai/v1/"
"""Where Llama Stack had this API before: for its older clients, and for base URLs written down then."""
SCOPED = "antiphon.scope"
"""Where a scope holds the name of the test that a request belongs to."""
RAW_SEND = "antiphon.raw_send"
"""Where a stream finds the server's own `send`, once its status line is out: only that concerns the layers between."""


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own. `127.evil.example` is a name like any other."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=256)
def names_loopback(host: str) -> bool:
    """The same of a `Host`, which may have a port."""
    return is_loopback(urlsplit(f"//{host}").hostname or "")


class Guard:
    """Refuses what a web page may have sent.

    `guarded` is true for an open server on loopback; `cors` are allowed origins.
    """

    def __init__(self, cors: list[str], *, guarded: bool) -> None:
        self._cors = frozenset(cors)
        self._guarded = guarded

    def fault(self, headers: Mapping[bytes, bytes], *, keyed: bool = False) -> Forbidden | None:
        """Why a request isn't served; None for most. `keyed`: it needs a key, which a page can't know."""
        host, origin = headers.get(b"host", b"").decode("latin-1"), headers.get(b"origin")
        if self._guarded and not keyed and not names_loopback(host):
            return Forbidden(
                f"This server has no keys and serves this machine only, but was asked as '{host}'. "
                "Use http://127.0.0.1 or http://localhost.",
                code="forbidden_host",
            )
        return None if origin is None else self._foreign(origin.decode("latin-1"), host)

    def _foreign(self, origin: str, host: str) -> Forbidden | None:
        if origin in self._cors or urlsplit(origin).netloc == host:
            return None
        return Forbidden(
            f"A web page of {origin} may not use this server. Start it with --cors {origin} to allow that.",
            code="forbidden_origin",
        )


class Front:
    """The outermost application. `watched` sees requests begin and end, where somebody wants to see them."""

    def __init__(
        self,
        app: ASGIApp,
        sources_for: Callable[[str, str, bytes, str], Sources],
        guard: Guard,
        access: Access,
        watched: Watched | None = None,
    ) -> None:
        self._app = app
        self._sources_for = sources_for
        self._guard = guard
        self._access = access
        self._watched = watched

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        watched = self._watched
        began = watched.begin(scope) if watched is not None else 0.0
        if scope.get("raw_path", b"").startswith(OLD_PATHS):
            # In its place: whoever sees requests looks at this scope for their status.
            scope["path"] = scope["path"].removeprefix(OLD)
            scope["raw_path"] = scope["raw_path"].removeprefix(OLD.encode())
        headers = scope[HEADERS] = dict(scope["headers"])

        async def with_request_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope[STATUS] = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", self._request_id(scope))]
            await send(message)

        try:
            await self._access.enter(scope)
            fault = self._guard.fault(headers, keyed=not self._access.open)
            app = error_response(fault) if fault else self._app
            if scope["type"] == "websocket":
                await app(scope, receive, send)
                return
            scope[RAW_SEND] = send
            await app(scope, receive, with_request_id)
        finally:
            # These know the request whose scope they stand in: a circle would wait for the garbage collector.
            scope.pop(RAW_SEND, None)
            scope.pop(BODY_WRITER, None)
            if watched is not None:
                watched.over(scope, began)

    def _request_id(self, scope: Scope) -> bytes:
        request_id = scope.get(REQUEST_ID)
        if request_id is None:
            name = scope.get(SCOPED, "")
            request_id = self._sources_for(scope["method"], scope["path"], b"", name).ids("req")
        return str(request_id).encode()
