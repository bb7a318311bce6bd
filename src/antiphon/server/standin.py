"""A stand-in for any HTTP model API: answers every method and path from a cassette, or records an upstream.

The wire as it was: status, headers, body and its chunks; nothing is translated, and only `antiphon-replay` is
added. Not here: the Responses API in front of a cassette (`app.py`). Counterpart: `cassettes/transport.py`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.types import Receive, Scope, Send

from antiphon.cassettes.replayed import ReplayedAnswer
from antiphon.cassettes.transport import CassetteTransport
from antiphon.cassettes.upstreams import upstream_name
from antiphon.config import Config
from antiphon.errors import AntiphonError, CassetteMiss, ConfigFault, UpstreamFault
from antiphon.network import Network
from antiphon.server.answering import Attending
from antiphon.server.coded import write_coded
from antiphon.server.errors import error_response
from antiphon.server.front import Guard, is_loopback
from antiphon.server.limits import read_body
from antiphon.server.scopes import SCOPE_HEADER, scope_of
from antiphon.server.taping import open_tape
from antiphon.transport import HttpAnswer, HttpRequest, Timeouts

log = logging.getLogger("antiphon")

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
"""Headers of one connection, not of a message. Source: RFC 9110, 7.6.1."""

NOT_FORWARDED = HOP_BY_HOP | {"host", "content-length", "expect", "accept-encoding", SCOPE_HEADER}
"""A compressed answer could not be searched for secrets, so none is asked for."""

NOWHERE = "http://replay.invalid"
"""The host of requests that go nowhere; hosts aren't compared."""


@dataclass(frozen=True, slots=True)
class Target:
    """The API that is recorded: its base URL, with or without a path."""

    url: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ConfigFault(f"--upstream {self.url!r} isn't an address such as https://api.openai.com/v1.")

    def address(self, path: str) -> str:
        """Where a request for `path` goes. What the base URL ends with and the path begins with is said once.

        So clients may write `/v1` into their base URL or not: `https://host/api/v1` and `/v1/models` are
        `https://host/api/v1/models`.
        """
        parts = urlsplit(self.url)
        base, asked = parts.path.strip("/").split("/"), path.partition("?")[0].strip("/").split("/")
        shared = max(n for n in range(len(base) + 1) if n == 0 or base[-n:] == asked[:n])
        kept = "/".join(base[: len(base) - shared])
        return f"{parts.scheme}://{parts.netloc}{f'/{kept}' if kept else ''}{path}"

    @property
    def name(self) -> str:
        """The name under which the tape knows it."""
        return upstream_name(self.url)


@asynccontextmanager
async def open_standin(config: Config, upstream: str | None = None) -> AsyncIterator["Standin"]:
    """The stand-in for the cassette of the settings, in their mode; `upstream` is the base URL to record from.

    Raises `ConfigFault` and `CassetteInvalid`.
    """
    # First of all: what can't be recorded makes no file.
    target = Target(upstream) if upstream else None
    network = Network(Timeouts(config.connect_timeout, config.first_byte_timeout, config.idle_timeout))
    tape = open_tape(config, network)
    try:
        yield Standin(tape, Guard(config.cors, guarded=is_loopback(config.host)), config.max_body, target)
    finally:
        await network.close()


class Standin:
    """The stand-in as a bare ASGI application.

    Without a `target` it only replays; `limit` is in bytes of a body. `requests` counts those that came.
    """

    def __init__(self, transport: CassetteTransport, guard: Guard, limit: int, target: Target | None = None) -> None:
        self.requests = 0
        self.tape = transport
        self._guard = guard
        self._limit = limit
        self._target = target

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        try:
            if fault := self._guard.fault(dict(scope["headers"])):
                raise fault
            body = await read_body(receive, self._limit)
            await self._answer(self._request(scope, body), scope, receive, send)
        except AntiphonError as error:
            if isinstance(error, CassetteMiss):
                log.warning("%s", error.message)
            await error_response(error)(scope, receive, send)

    def _request(self, scope: Scope, body: bytes) -> HttpRequest:
        headers = _joined(scope)
        query = scope["query_string"].decode("latin-1")
        path = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        target = self._target
        return HttpRequest(
            method=scope["method"],
            url=target.address(path) if target else NOWHERE + path,
            upstream=target.name if target else "",
            headers={name: value for name, value in headers.items() if name not in NOT_FORWARDED},
            body=body,
            scope=scope_of(headers),
            path=path,
        )

    async def _answer(self, request: HttpRequest, scope: Scope, receive: Receive, send: Send) -> None:
        if self.tape.replays and not self.tape.faults.rules:
            # It waits for nothing, so nobody needs to look whether the client is still there.
            await self._relay(request, scope, send)
            return
        relay = asyncio.ensure_future(self._relay(request, scope, send))
        try:
            async with Attending(receive, relay.cancel):
                # A client that leaves ends the call to the upstream, or the wait for what never comes.
                await asyncio.wait({relay})
        finally:
            relay.cancel()
        if not relay.cancelled():
            relay.result()

    async def _relay(self, request: HttpRequest, scope: Scope, send: Send) -> None:
        answer = await self.tape.send(request)
        try:
            await send({"type": "http.response.start", "status": answer.status, "headers": _given(request, answer)})
            if not await self._at_once(request, answer, scope):
                async for data in answer.chunks():
                    await send({"type": "http.response.body", "body": data, "more_body": True})
        except UpstreamFault as fault:
            # Ending without the last part makes the server cut the connection: the client sees what we saw.
            log.warning("%s %s was cut: %s", request.method, request.path, fault.message)
            return
        finally:
            await answer.close()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _at_once(self, request: HttpRequest, answer: HttpAnswer, scope: Scope) -> bool:
        """Write a streamed body that waits for nothing, if this is one."""
        if not isinstance(answer, ReplayedAnswer) or answer.length is not None or request.method == "HEAD":
            return False
        return answer.wire is not None and await write_coded(scope, answer.wire)


def _given(request: HttpRequest, answer: HttpAnswer) -> list[tuple[bytes, bytes]]:
    headers = {name: value for name, value in answer.headers.items() if name not in HOP_BY_HOP}
    if isinstance(answer, ReplayedAnswer) and answer.length is not None and request.method != "HEAD":
        headers["content-length"] = str(answer.length)
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def _joined(scope: Scope) -> Mapping[str, str]:
    """The request's headers; what is said several times is joined, as RFC 9110, 5.3 allows."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
