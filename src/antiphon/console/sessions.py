"""Who looks at a page, and whether a form came from one: a cookie, and a token that belongs to it.

On an open server everyone on it may look, and the cookie only ties forms to a browser. Not here: keys and projects
themselves (`server/callers.py`). Counterpart: `headers.py`.
"""

import hashlib
import hmac

from starlette.requests import Request
from starlette.responses import Response

from antiphon.errors import Forbidden
from antiphon.sources import chance

COOKIE = "antiphon_console"
FIELD, HEADER = "csrf", "x-csrf-token"
SIZE = 32
YEAR = 365 * 24 * 3600


class Sessions:
    """The browsers that were given a cookie; their tokens follow from it and a secret of this process."""

    def __init__(self) -> None:
        self._secret = chance(SIZE)

    def cookie_of(self, request: Request) -> str:
        """The browser's cookie, a new one where it has none that can be ours."""
        said: str = request.scope.setdefault("antiphon.cookie", request.cookies.get(COOKIE, ""))
        if len(said) != SIZE * 2 or not said.isalnum():
            said = request.scope["antiphon.cookie"] = chance(SIZE).hex()
        return said

    def token(self, request: Request) -> str:
        """What a form of this browser must carry."""
        return hmac.new(self._secret, self.cookie_of(request).encode(), hashlib.sha256).hexdigest()

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
        if not hmac.compare_digest(said.encode(), self.token(request).encode()):
            raise Forbidden(
                "This form is of an earlier visit or of another browser. Load the page again and repeat it.",
                code="csrf_mismatch",
            )
