"""The one door to the network: a `Transport` sends a request and hands back the answer as it arrives.

Everything that leaves this process goes through one `Transport`; a cassette is another `Transport`
wrapped round it. Not here: SSE, retries, JSON (`upstream/`). Counterpart: `cassettes/transport.py`.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from math import inf
from types import SimpleNamespace
from typing import Protocol

import aiohttp
from yarl import URL

from antiphon.errors import UpstreamCut, UpstreamFault, UpstreamGarbage, UpstreamTimeout, UpstreamUnavailable

# What one stream may hold that its reader hasn't taken: aiohttp stops reading the socket at twice this many bytes.
READ_BUFFER = 32 * 1024


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for a connection, for the status line, and between two reads of a body."""

    connect: float = 10.0
    first_byte: float = 300.0
    idle: float = 300.0


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One call to the outside.

    `upstream` is the name under which the target is known (`ollama`), `url` the full address,
    `headers` have lower-case names. `scope` names the test it is made for, empty for none; `path` is what a
    cassette compares, where that isn't the path of `url`.
    """

    method: str
    url: str
    upstream: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    scope: str = ""
    path: str = ""


class HttpAnswer(Protocol):
    """An answer whose status line has come and whose body is still arriving."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers with lower-case names."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body, one item per read, never empty.

        Raises `UpstreamCut` when the connection ends early and `UpstreamTimeout` when it falls silent.
        """
        ...

    async def close(self) -> None:
        """Give the connection back, or drop it if the body wasn't read to its end. May be called twice."""
        ...


class Transport(Protocol):
    """Sends requests. One object serves the whole process."""

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """Send and wait for the status line.

        Raises `UpstreamUnavailable` when no connection could be made or it ended before its status
        line (its `__cause__` is a `ConnectionRefusedError` when nothing listened there),
        `UpstreamTimeout` when it took too long, `CassetteMiss` in replay.
        """
        ...

    async def close(self) -> None:
        """Close all pooled connections."""
        ...


class AiohttpTransport:
    """The real network: one pool of kept-alive connections per upstream, opened when first needed.

    No cookies, no redirects, no decompression. Proxies of the environment are used only with `trust_env`.
    """

    def __init__(self, timeouts: Timeouts | None = None, *, trust_env: bool = False) -> None:
        self._timeouts = timeouts or Timeouts()
        self._trust_env = trust_env
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def send(self, request: HttpRequest) -> HttpAnswer:
        attempt = _Attempt()
        try:
            return await self._send(request, attempt)
        except UpstreamUnavailable:
            if not attempt.stale:
                raise
        # The server closed a kept-alive connection just as we took it from the pool, and sent nothing on it. aiohttp
        # repeats only idempotent methods by itself; here a second POST costs at most a second answer nobody reads.
        return await self._send(request, _Attempt())

    async def close(self) -> None:
        sessions = list(self._sessions.values())
        self._sessions.clear()
        for session in sessions:
            await session.close()

    async def _send(self, request: HttpRequest, attempt: "_Attempt") -> HttpAnswer:
        try:
            async with asyncio.timeout(self._timeouts.first_byte):
                response = await self._session(request.upstream).request(
                    request.method,
                    URL(request.url, encoded=True),
                    data=request.body or None,
                    headers={"accept-encoding": "identity", **request.headers},
                    allow_redirects=False,
                    trace_request_ctx=attempt,
                )
        except (aiohttp.ClientError, OSError) as error:
            attempt.error = error
            fault = _no_answer(request, error, self._timeouts)
            raise fault from getattr(error, "os_error", error)
        return AiohttpAnswer(response, request, self._timeouts.idle)

    def _session(self, upstream: str) -> aiohttp.ClientSession:
        session = self._sessions.get(upstream)
        if session is None:
            session = self._sessions[upstream] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                # aiohttp's own `sock_read` would make and cancel a timer at every read; see `AiohttpAnswer`.
                timeout=aiohttp.ClientTimeout(total=None, connect=self._timeouts.connect),
                auto_decompress=False,
                trust_env=self._trust_env,
                read_bufsize=READ_BUFFER,
                trace_configs=[_reuse_trace()],
            )
        return session


class AiohttpAnswer:
    """An answer from the network, and the iterator over its body.

    One timer serves the whole answer: it looks how long the current read has waited and sets itself again
    for the rest. A reader that takes its time is not an upstream that fell silent.
    """

    __slots__ = ("_headers", "_idle", "_loop", "_request", "_response", "_timer", "_waiting_since")

    def __init__(self, response: aiohttp.ClientResponse, request: HttpRequest, idle: float) -> None:
        self._response = response
        self._request = request
        self._headers = {name.lower(): value for name, value in response.headers.items()}
        self._idle = idle
        self._loop = asyncio.get_running_loop()
        self._waiting_since = inf
        self._timer = self._loop.call_later(idle, self._look)

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._headers

    def chunks(self) -> AsyncIterator[bytes]:
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self._waiting_since = self._loop.time()
        try:
            data = await self._response.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            data = self._left_behind(error)
            if not data:
                await self.close()
                raise _no_end(self._request, error, self._idle) from error
        self._waiting_since = inf
        if data:
            return data
        self._timer.cancel()
        raise StopAsyncIteration

    async def close(self) -> None:
        self._timer.cancel()
        # After the end of the body the connection is in the pool again, and this leaves it there.
        self._response.close()

    def _left_behind(self, error: Exception) -> bytes:
        """What came before the break and wasn't read yet: aiohttp tells of the break first. The next read breaks."""
        content = self._response.content
        content.set_exception(None)  # type: ignore[arg-type] # The attribute it sets is None for no exception.
        data = content.read_nowait()
        content.set_exception(error)
        return data

    def _look(self) -> None:
        """Runs when the timer fires. `_waiting_since` is infinite while no read waits."""
        left = self._waiting_since + self._idle - self._loop.time()
        if left <= 0:
            self._response.content.set_exception(TimeoutError())
        else:
            self._timer = self._loop.call_later(min(left, self._idle), self._look)


@dataclass(slots=True)
class _Attempt:
    """What is known about one attempt to send: whether its connection was a used one, and how it failed."""

    reused: bool = False
    error: Exception | None = None

    @property
    def stale(self) -> bool:
        gone = isinstance(self.error, (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError))
        return self.reused and gone


def _reuse_trace() -> aiohttp.TraceConfig:
    """Tells an attempt that its connection came from the pool."""

    async def reused(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        context.trace_request_ctx.reused = True

    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(reused)
    return trace


def _no_answer(request: HttpRequest, error: Exception, timeouts: Timeouts) -> UpstreamFault:
    """What to say when no status line came."""
    kind: type[UpstreamFault] = UpstreamUnavailable
    mend = f"Check that it runs, and its address (--upstream {request.upstream}=URL)."
    match error:
        case aiohttp.ConnectionTimeoutError():
            what = f"took no connection within {timeouts.connect:g} s. {mend}"
        case TimeoutError():
            kind = UpstreamTimeout
            what = f"sent no answer within {timeouts.first_byte:g} s. It may be loading a model, or be overloaded."
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            what = f"can't be trusted: {error}. Check its certificate, or give an http:// address."
        case aiohttp.ClientConnectorError():
            what = f"can't be reached: {_reason(error)}. {mend}"
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            what = f"closed the connection before it answered ({_reason(error)}). Its log should say why."
        case _:
            kind = UpstreamGarbage
            what = f"doesn't answer in HTTP ({_reason(error)}). {mend}"
    return kind(f"{_target(request)} {what}")


def _no_end(request: HttpRequest, error: Exception, idle: float) -> UpstreamFault:
    """What to say when a body stopped before its end."""
    if isinstance(error, TimeoutError):
        return UpstreamTimeout(f"{_target(request)} sent nothing for {idle:g} s in the middle of its answer.")
    return UpstreamCut(f"{_target(request)} ended the connection in the middle of its answer. Its log should say why.")


def _reason(error: Exception) -> str:
    """The operating system's words where it has some: `Connection refused`."""
    cause = getattr(error, "os_error", error)
    number = getattr(cause, "errno", None) or 0
    # A resolver's errors have negative numbers and words of their own.
    words = os.strerror(number) if number > 0 else getattr(cause, "strerror", None)
    return words or str(error) or type(error).__name__


def _target(request: HttpRequest) -> str:
    """Whom we asked, without the parts of an address that may be secret: user, password and query."""
    url = URL(request.url, encoded=True)
    return f"Upstream {request.upstream!r} at {url.with_user(None).with_query(None).with_fragment(None)}"
