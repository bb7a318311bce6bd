"""A door before a server under test that keeps every exchange: for clients in processes of their own.

`with watched(server) as door:` gives a base URL that leads to the server, byte for byte; at the end every answer
that was given whole is judged, streams by `check_stream`. Not here: the clients (`tests/clients`).
Counterpart: `judged_http.py`, for clients in the test's own process.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
from judged_http import NO_TLS, judge_answer
from running_server import PATIENCE, RunningServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from antiphon.testing import parse_sse
from antiphon.testing.served import Listener, LoopThread

Json = dict[str, Any]

ONE_HOP = {"host", "connection", "keep-alive", "transfer-encoding", "upgrade", "content-length"}
METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH"]


@dataclass
class Exchange:
    """A request, and the answer as far as the client read it."""

    method: str
    path: str
    asked: bytes
    status: int = 0
    headers: httpx2.Headers = field(default_factory=httpx2.Headers)
    parts: list[bytes] = field(default_factory=list)
    whole: bool = False

    @property
    def json(self) -> Json:
        """What was asked."""
        return dict(json.loads(self.asked))

    @property
    def body(self) -> bytes:
        return b"".join(self.parts)

    @property
    def streamed(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")

    @property
    def response(self) -> Json:
        """The last state of the response."""
        return dict(parse_sse(self.body)[-1]["response"] if self.streamed else json.loads(self.body))

    @property
    def types(self) -> list[str]:
        """The types of the items it ended with."""
        return [item["type"] for item in self.response["output"]]


class Door:
    """The address to give to the client, and what went through."""

    def __init__(self, server: RunningServer) -> None:
        self.exchanges: list[Exchange] = []
        self.url = ""
        self._server = server
        self._thread = LoopThread()
        self._http = httpx2.AsyncClient(timeout=PATIENCE, verify=NO_TLS)
        app = Starlette(routes=[Route("/{path:path}", self._pass, methods=METHODS)])
        self._listener = Listener(app)
        self.url = f"http://127.0.0.1:{self._thread.do(self._listener.start())}/v1"

    @property
    def answers(self) -> list[Exchange]:
        """The responses that were made."""
        return [one for one in self.exchanges if (one.method, one.path) == ("POST", "/v1/responses")]

    @property
    def asked(self) -> list[Json]:
        """What was asked of them."""
        return [one.json for one in self.answers]

    def judge(self) -> None:
        """Judge every answer that was given whole. Raises AssertionError."""
        for one in self.exchanges:
            if one.whole:
                request = httpx2.Request(one.method, f"http://door{one.path}", content=one.asked)
                judge_answer(request, httpx2.Response(one.status, headers=one.headers), one.body)

    def close(self) -> None:
        """Hang up on whoever is still there."""
        self._thread.do(self._listener.stop())
        self._thread.do(self._http.aclose())
        self._thread.close()

    async def _pass(self, request: Request) -> Response:
        one = Exchange(request.method, request.url.path, await request.body())
        self.exchanges.append(one)
        url = httpx2.URL(self._server.url).copy_with(path=request.url.path, query=request.url.query.encode() or None)
        headers = [(name, value) for name, value in request.headers.items() if name not in ONE_HOP]
        sent = self._http.build_request(request.method, url, headers=headers, content=one.asked)
        answer = await self._http.send(sent, stream=True)
        one.status, one.headers = answer.status_code, answer.headers
        kept = {name: value for name, value in answer.headers.items() if name not in ONE_HOP}
        return StreamingResponse(_read(answer, one), answer.status_code, kept)


async def _read(answer: httpx2.Response, one: Exchange) -> AsyncIterator[bytes]:
    async with contextlib.aclosing(answer):
        async for part in answer.aiter_raw():
            one.parts.append(part)
            yield part
    one.whole = True


@contextlib.contextmanager
def watched(server: RunningServer) -> Iterator[Door]:
    """A door to the server; what went through is judged at the end."""
    door = Door(server)
    try:
        yield door
    finally:
        door.close()
    door.judge()
