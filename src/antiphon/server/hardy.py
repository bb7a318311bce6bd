"""uvicorn's HTTP connection among clients that mean ill, or are broken: what they may take is bounded.

A head must come whole in time and within a size; a body must go on; what comes of it after the answer isn't read for
long; and there are so many connections at the most. Who breaks a bound is let go. The first requests of connections
take turns, behind those of clients that have read an answer before. Not here: the size of bodies (`limits.py`), clients
that don't read (`coded.py`), how much goes on at once (`pressure.py`).
"""

import asyncio
from functools import partial

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from antiphon.network.turns import TURNS, Turns
from antiphon.runner.pressure import PressureLimits
from antiphon.server.coded import CodedProtocol
from antiphon.server.gathered import Departures

LEFT_OVER = 64 << 20
"""Bytes of a body that are taken after its answer, and thrown away, so that the client comes to read it.

Most clients read nothing before they have sent everything: cut off, they would only learn that the connection broke.
"""
LEFT_OVER_PAUSE = 0.01
"""Seconds between looks at it, each of a quarter of a megabyte at most: it is to be cheap, not fast."""
EVERY = 32
"""Times that the event loop comes round from one first request to the next."""
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


class HardyProtocol(CodedProtocol):
    """The protocol within bounds."""

    limits = PressureLimits()
    newcomers: Turns
    """First requests of this server's connections; each server has a class of its own."""
    _known = False
    _watch: asyncio.TimerHandle | None = None
    _in_head = True
    _in_body = False
    _head = 0
    _body = 0
    _excess = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A client is there; one too many is let go."""
        super().connection_made(transport)
        self._watch_it()
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
        if self._watch is None and (self._in_head or self._in_body):
            # Most requests are whole by now, and need no watching.
            self._watch_it()
        if self._in_head and self._head > self.limits.head_bytes and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins: the first, or another on the same connection."""
        super().on_message_begin()
        if not self._in_head:
            self._head = 0
            self._in_head = True

    def on_headers_complete(self) -> None:
        """Its head is whole; now its body must come."""
        super().on_headers_complete()
        self._unwatched()
        self._in_head = False
        self._excess = self._body = 0
        self._in_body = not (self.parser.should_upgrade() and self._should_upgrade())

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
        self._in_body = False
        self._unwatched()
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        if self._known:
            super()._start_asgi_task(cycle, app)
        else:
            self._known = True
            self.newcomers.now_or_wait(self.loop, partial(self._begin, cycle, app))

    def _begin(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Have the first request answered, in turns with others'."""
        if cycle.disconnected:
            return
        before = TURNS.set(self.newcomers)
        super()._start_asgi_task(cycle, app)
        TURNS.reset(before)

    def _read_on(self) -> None:
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def _watch_it(self) -> None:
        if self._in_head:
            self._watch = self.loop.call_later(self.limits.slow_head, self._let_go)
        else:
            self._watch = self.loop.call_later(self.limits.slow_body, self._look)

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
        "newcomers": Turns(EVERY),
    }
    return type("BoundedProtocol", (HardyProtocol,), of_server)
