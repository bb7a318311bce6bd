"""The outermost application where somebody wants to see requests: it says what a request is, and counts it.

It stands beside the answer, not in its way: `send` is handed on as it is, and the front notes the status. Not here:
what is seen of runs (`seen/account.py`). Counterpart: `front.py`.
"""

from collections.abc import Collection, Iterable
from functools import partial

from msgspec import UNSET
from starlette.types import ASGIApp, Receive, Scope, Send

from antiphon.seen.context import REQUEST, REQUEST_ID, TRACE, Trace
from antiphon.seen.logs import RequestLine, short
from antiphon.server.access import Clocks
from antiphon.server.callers import CALLER
from antiphon.server.front import STATUS
from antiphon.server.seen import Seen

OTHER = "other"
METHODS = frozenset({"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"})


class Watched:
    """Another application, seen. `nouns` are the routes there are, by their first words."""

    def __init__(self, app: ASGIApp, seen: Seen, nouns: Collection[str], clocks: Clocks) -> None:
        self._app = app
        self._seen = seen
        self._nouns = frozenset(nouns)
        self._clocks = clocks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        REQUEST.set(scope)
        if self._seen.traced and (begun := trace_of(scope["headers"])) is not None:
            TRACE.set(begun)
        began = self._clocks.steady()
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                clocks = self._clocks
                self._seen.later.put(partial(self._tell, scope, clocks.steady() - began, clocks.wall()))

    def _tell(self, scope: Scope, seconds: float, ended: float) -> None:
        status = int(scope.get(STATUS, 0))
        if self._seen.metrics is not None:
            method = scope["method"] if scope["method"] in METHODS else OTHER
            self._seen.metrics.answered(noun_of(scope["path"], self._nouns), method, status)
        if self._seen.say is not None:
            request, caller = scope.get(REQUEST_ID), scope.get(CALLER)
            line = RequestLine(
                request_id=str(request) if request else UNSET,
                message="request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                seconds=short(seconds),
                project=caller.project if caller else None,
            )
            self._seen.say(ended, line)


def trace_of(headers: Iterable[tuple[bytes, bytes]]) -> Trace | None:
    """The trace that a request names, if it does."""
    parent = state = b""
    for name, value in headers:
        if name == b"traceparent":
            parent = value
        elif name == b"tracestate":
            state = value
    return Trace.of(parent.decode("latin-1"), state.decode("latin-1")) if parent else None


def noun_of(path: str, nouns: Collection[str]) -> str:
    """The route that a path belongs to, by its first words: `/v1/responses/resp_1` is of `/v1/responses`."""
    if path in nouns:
        return path
    words = path.split("/")
    depth = 4 if words[1:3] == ["v1", "chat"] else 3 if words[1:2] == ["v1"] else 2
    noun = "/".join(words[:depth])
    return noun if noun in nouns else OTHER
