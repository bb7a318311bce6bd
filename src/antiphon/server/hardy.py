"""uvicorn's HTTP connection among clients that mean ill, or are broken: what they may take is bounded.

A head must come whole in time and within a size; a body must go on; what comes of it after the answer isn't read for
long; and there are so many connections at the most. Who breaks a bound is let go. The first requests of connections
take turns, behind those of clients that have read an answer before. Not here: the size of bodies (`limits.py`), clients
that don't read (`coded.py`), how much goes on at once (`pressure.py`).
"""

import asyncio
from collections import deque

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from antiphon.runner.pressure import PressureLimits
from antiphon.server.coded import CodedProtocol
from antiphon.server.gathered import Departures

LEFT_OVER = 64 << 20
"""Bytes of a body that are taken after its answer, and thrown away, so that the client comes to read it.

Most clients read nothing before they have sent everything: cut off, they would only learn that the connection broke.
"""
LEFT_OVER_PAUSE = 0.01
"""Seconds between looks at it, each of a quarter of a megabyte at most: it is to be cheap, not fast."""
AT_ONCE = 4
EACH = 0.004
"""Seconds: about twice what a short answer takes of a core, so that half is left for whoever is served already."""
LAST_CHANCE = 0.25
"""Seconds."""
_SAID = (
    b'{"error":{"message":"The head of the request is too large.","type":"invalid_request_error","param":null,'
    b'"code":"head_too_large"}}'
)
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(_SAID), _SAID)
)


class Newcomers:
    """First requests of connections: of two hundred at once all would be under way before anybody is served.

    `AT_ONCE` begin each time the event loop comes round, and one more for each `EACH` seconds that this takes.
    """

    def __init__(self) -> None:
        self._row: deque[tuple[HardyProtocol, RequestResponseCycle, ASGI3Application]] = deque()
        self._since = 0.0
        self._may = AT_ONCE
        self._counting = False

    def wait(self, connection: "HardyProtocol", cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Begin the request, now or when its turn comes."""
        if self._may > 0 and not self._row:
            self._may -= 1
            connection.begin(cycle, app)
        else:
            self._row.append((connection, cycle, app))
        if not self._counting:
            self._since = connection.loop.time()
            self._count(connection.loop)

    def _count(self, loop: asyncio.AbstractEventLoop) -> None:
        self._counting = True
        loop.call_soon(self._next, loop)

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        now, since = loop.time(), self._since
        self._may, self._since, self._counting = AT_ONCE + int((now - since) / EACH), now, False
        while self._row and self._may > 0:
            connection, cycle, app = self._row.popleft()
            if not cycle.disconnected:
                self._may -= 1
                connection.begin(cycle, app)
        if self._row:
            self._count(loop)
        else:
            self._may = AT_ONCE


class HardyProtocol(CodedProtocol):
    """The protocol within bounds."""

    limits = PressureLimits()
    newcomers: Newcomers
    """First requests of this server's connections; each server has a class of its own."""
    _known = False
    _watch: asyncio.TimerHandle | None = None
    _in_head = True
    _head = 0
    _body = 0
    _excess = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A client is there; one too many is let go."""
        super().connection_made(transport)
        self._await_head()
        if len(self.connections) > self.limits.connections:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._unwatched()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        if self._in_head:
            self._head += len(data)
        else:
            self._body += len(data)
        super().data_received(data)
        if self._in_head and self._head > self.limits.head_bytes and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins: the first, or another on the same connection."""
        super().on_message_begin()
        if not self._in_head:
            self._head = 0
            self._await_head()

    def on_headers_complete(self) -> None:
        """Its head is whole; now its body must come."""
        super().on_headers_complete()
        self._unwatched()
        self._in_head = False
        self._excess = self._body = 0
        if not (self.parser.should_upgrade() and self._should_upgrade()):
            self._watch = self.loop.call_later(self.limits.slow_body, self._look)

    def on_body(self, body: bytes) -> None:
        """A piece of it. Who goes on sending what was answered already is let go after a while."""
        if self.cycle.response_complete:
            self._excess += len(body)
            if self._excess > LEFT_OVER:
                self.transport.abort()
            elif not self.flow.read_paused:
                self.flow.pause_reading()
                self.loop.call_later(LEFT_OVER_PAUSE, self._read_on)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._unwatched()
        super().on_message_complete()

    def begin(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Have a request answered."""
        super()._start_asgi_task(cycle, app)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if self._known:
            self.begin(cycle, app)
        else:
            self._known = True
            self.newcomers.wait(self, cycle, app)

    def _read_on(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def _await_head(self) -> None:
        self._in_head = True
        self._unwatched()
        self._watch = self.loop.call_later(self.limits.slow_head, self._let_go)

    def _look(self) -> None:
        """Runs while a body comes: has it gone on since the last time? What we didn't read isn't the client's fault."""
        if self._body < self.limits.least_body and not self.flow.read_paused:
            self._let_go()
            return
        self._body = 0
        self._watch = self.loop.call_later(self.limits.slow_body, self._look)

    def _let_go(self) -> None:
        """Its time is over; but what has come while the loop was busy is read first."""
        self._watch = self.loop.call_later(LAST_CHANCE, self.transport.abort)

    def _unwatched(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None


def hardy(limits: PressureLimits) -> type[HardyProtocol]:
    """The protocol of one server, within these bounds."""
    of_server = {
        "limits": limits,
        "slow_reader": limits.slow_reader,
        "departures": Departures(),
        "newcomers": Newcomers(),
    }
    return type("BoundedProtocol", (HardyProtocol,), of_server)
