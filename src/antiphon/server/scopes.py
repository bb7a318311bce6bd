"""Scopes: one server, many tests at once. A request says which test it belongs to.

Each scope is answered by an application of its own, over the cassette that all share. Counterpart:
`cassettes/cassette.py`, where a scope finds interactions of its own.
"""

from collections.abc import Callable, Mapping

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from antiphon.server.access import REFUSAL
from antiphon.server.front import SCOPED

SCOPE_HEADER = "x-antiphon-scope"
PROVIDER_DATA = ("x-llamastack-provider-data", "x-ogx-provider-data")
"""Headers of other servers' clients that hold JSON, in which a test names itself as `__test_id`."""

NAMES = frozenset(name.encode() for name in (SCOPE_HEADER, *PROVIDER_DATA))

MOST = 10_000
"""Scopes kept at a time; the one that has been there longest is forgotten first, with all that was stored in it."""


class Scoped:
    """Sends each request to the application of its scope. `build` makes one; the empty scope has one as well."""

    def __init__(self, build: Callable[[str], ASGIApp], most: int = MOST) -> None:
        self._build = build
        self._most = most
        self._everyones = build("")
        self._apps: dict[str, ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = [(name, value) for name, value in scope.get("headers", ()) if name in NAMES]
        name = scope_of({name.decode(): value.decode("latin-1") for name, value in found}) if found else ""
        if REFUSAL in scope:
            # A stranger opens no scope, and so drives none out.
            name = ""
        scope[SCOPED] = name
        await self._app(name)(scope, receive, send)

    def _app(self, name: str) -> ASGIApp:
        if not name:
            return self._everyones
        app = self._apps.get(name)
        if app is None:
            if len(self._apps) >= self._most:
                del self._apps[next(iter(self._apps))]
            app = self._apps[name] = self._build(name)
        return app


class _ProviderData(msgspec.Struct):
    test_id: str = msgspec.field(name="__test_id", default="")


_decoder = msgspec.json.Decoder(_ProviderData)


def scope_of(headers: Mapping[str, str]) -> str:
    """The scope of a request, from its headers by their lower-case names; empty for none."""
    if scope := headers.get(SCOPE_HEADER, "").strip():
        return scope
    return next(filter(None, (_test_id(headers[name]) for name in PROVIDER_DATA if name in headers)), "")


def _test_id(data: str) -> str:
    try:
        return _decoder.decode(data).test_id
    except (ValueError, RecursionError):
        # It is the other server's business what else stands there.
        return ""
