"""What every page says to the browser: run nothing but our own files, ask no other host, show it in no frame."""

import re
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src {own}; style-src {own}; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HOST = re.compile(rb"[A-Za-z0-9.-]+(:\d{1,5})?")
STATIC = "/console/static/"
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    # With `no-referrer` a form's request would come without its origin, which is looked at.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
NOT_KEPT = (b"cache-control", b"no-store")


class Headers:
    """Puts them on each answer; what says nothing of caching isn't to be kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = list(message["headers"])
                kept = any(name.lower() == b"cache-control" for name, _ in said)
                policy = (b"content-security-policy", policy_for(scope["headers"]).encode())
                message["headers"] = [*said, policy, *HEADERS, *(() if kept else (NOT_KEPT,))]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


def policy_for(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The policy of a page as it was asked for: scripts and styles from our own folder, from no other path of ours.

    Other paths hold what users and models made. A host that can't be named in a policy leaves it at `'self'`.
    """
    host = next((value for name, value in headers if name == b"host"), b"")
    own = f"{host.decode()}{STATIC}" if HOST.fullmatch(host) else "'self'"
    return POLICY.format(own=own)
