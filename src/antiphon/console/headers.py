"""What every page says to the browser: run nothing but our own files, ask no other host, show it in no frame."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
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
                message["headers"] = [*said, *HEADERS, *(() if kept else (NOT_KEPT,))]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
