"""Who looks at a page, and whether a form came from one: a cookie, and a token that belongs to it.

On an open server everyone on it may look, and the cookie only ties forms to a browser. Where there are keys it holds
one, sealed, so that it is good in every process of a server and after a restart; the key is checked with each request,
as if it had been sent. Not here: keys themselves (`server/access.py`). Counterpart: `entrance.py`, which asks.
"""

import hmac
import re
from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from antiphon.errors import Forbidden, InvalidRequest
from antiphon.sealing import Sealing
from antiphon.sources import chance

COOKIE = "antiphon_console"
FIELD, HEADER = "csrf", "x-csrf-token"
SIZE = 32
WRITTEN = re.compile(r"[A-Za-z0-9._-]{43,3000}")
CONSOLE, SESSION, FORM = "console", "session", "form"
LASTS = 12 * 3600
"""Seconds after which a key must be given again."""


class Session(msgspec.Struct, frozen=True):
    """What a cookie holds: a key, and until when (Unix seconds)."""

    key: str
    until: float


class Sessions:
    """The browsers that were given a cookie. `clock` gives Unix seconds."""

    def __init__(self, sealing: Sealing, clock: Callable[[], float]) -> None:
        self._sealing = sealing
        self._clock = clock

    def cookie_of(self, request: Request) -> str:
        """The browser's cookie, a new one where it has none that can be ours."""
        said: str = request.scope.setdefault("antiphon.cookie", request.cookies.get(COOKIE, ""))
        if not WRITTEN.fullmatch(said):
            said = request.scope["antiphon.cookie"] = chance(SIZE).hex()
        return said

    def key_of(self, request: Request) -> str | None:
        """The key that this browser gave, while it lasts."""
        try:
            data = self._sealing.open(CONSOLE, SESSION, request.cookies.get(COOKIE, ""))
            session = msgspec.json.decode(data, type=Session) if data else None
        except (InvalidRequest, msgspec.MsgspecError):
            return None
        return session.key if session and self._clock() < session.until else None

    def begin(self, request: Request, key: str) -> None:
        """This browser gave a key: its cookie is a new one from now on."""
        data = msgspec.json.encode(Session(key, self._clock() + LASTS))
        request.scope["antiphon.cookie"] = self._sealing.seal(CONSOLE, SESSION, data)

    def end(self, request: Request) -> None:
        """This browser is to be forgotten."""
        request.scope["antiphon.cookie"] = chance(SIZE).hex()

    def token(self, request: Request) -> str:
        """What a form of this browser must carry."""
        return self._sealing.digest(CONSOLE, FORM, self.cookie_of(request).encode())

    def give(self, request: Request, response: Response) -> None:
        """Have the browser keep its cookie."""
        cookie = self.cookie_of(request)
        if request.cookies.get(COOKIE) != cookie:
            secure = request.url.scheme == "https"
            response.set_cookie(COOKIE, cookie, httponly=True, samesite="strict", secure=secure, path="/")

    async def check(self, request: Request) -> None:
        """Raise `Forbidden` for what no page of ours has sent."""
        said = request.headers.get(HEADER, "")
        if not said and "json" not in request.headers.get("content-type", ""):
            said = str((await request.form()).get(FIELD, ""))
        cookie = request.cookies.get(COOKIE, "").encode()
        token = self._sealing.digest(CONSOLE, FORM, cookie)
        if not cookie or not hmac.compare_digest(said.encode(), token.encode()):
            raise Forbidden(
                "This form is of an earlier visit or of another browser. Load the page again and repeat it.",
                code="csrf_mismatch",
            )
