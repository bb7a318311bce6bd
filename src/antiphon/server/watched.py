"""Sees HTTP requests begin and end: says what belongs to which, and counts and logs them when they are over.

Not here: what is seen of runs (`seen/account.py`). Counterpart: `front.py`, which tells it.
"""

from collections.abc import Callable, Collection, Sequence

from msgspec import UNSET
from starlette.types import Scope

from antiphon.seen.context import REQUEST, REQUEST_ID
from antiphon.seen.logs import RequestLine, short
from antiphon.server.access import Clocks
from antiphon.server.callers import CALLER
from antiphon.server.seen import Seen

STATUS = "antiphon.status"
"""Where a scope holds the status that it was answered with."""
OTHER = "other"
METHODS = frozenset({"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"})
Answered = tuple[str, str, int, str | None, str | None, float, float]
"""A request's method, path, status, id and project; the seconds that it took, and when it ended, in Unix seconds.

Its scope isn't kept: it goes while all of it is in the caches.
"""


class Watched:
    """Sees the requests of one server. `nouns` are the routes there are, by their first words.

    Not an application of its own: the front is one already, and knows what there is to know.
    """

    def __init__(self, seen: Seen, nouns: Collection[str], clocks: Clocks) -> None:
        self._seen = seen
        self._nouns = frozenset(nouns)
        self._clocks = clocks
        self._put: Callable[[Answered], None] = seen.later.line(self._tell)

    def begin(self, scope: Scope) -> float:
        """A request begins, whose task this is: what is logged and sent until it ends belongs to it. Gives the time."""
        REQUEST.set(scope)
        return self._clocks.steady()

    def over(self, scope: Scope, began: float) -> None:
        """The request that began at this time has ended."""
        if scope["type"] != "http":
            return
        asked, caller, clocks = scope.get(REQUEST_ID), scope.get(CALLER), self._clocks
        self._put(
            (
                scope["method"],
                scope["path"],
                scope.get(STATUS, 0),
                str(asked) if asked else None,
                None if caller is None else caller.project,
                clocks.steady() - began,
                clocks.wall(),
            )
        )

    def _tell(self, answered: Sequence[Answered]) -> None:
        metrics, say, nouns = self._seen.metrics, self._seen.say, self._nouns
        for method, path, status, request_id, project, seconds, ended in answered:
            if metrics is not None:
                metrics.requests[noun_of(path, nouns), method if method in METHODS else OTHER, status] += 1
            if say is not None:
                say(ended, RequestLine(request_id or UNSET, method, path, status, short(seconds), project))


def noun_of(path: str, nouns: Collection[str]) -> str:
    """The route that a path belongs to, by its first words: `/v1/responses/resp_1` is of `/v1/responses`."""
    if path in nouns:
        return path
    words = path.split("/")
    depth = 4 if words[1:3] == ["v1", "chat"] else 3 if words[1:2] == ["v1"] else 2
    noun = "/".join(words[:depth])
    return noun if noun in nouns else OTHER
