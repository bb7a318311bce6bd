"""One connection to one server: a request goes out, the bytes of its answer are held until they are taken.

An `asyncio.Protocol` round httptools' parser of responses. It waits for nothing by itself; what comes in large pieces
is handled a part at a time (`turns.py`). Not here: the pool (`network.py`), timeouts (`answer.py`), what a fault is
called (`faults.py`). Source: RFC 9112.
"""

import asyncio
from collections.abc import Callable
from math import inf
from typing import cast

import httptools

from antiphon.network.turns import TURNS, Turns

SMALL = 8 * 1024
"""Bytes that are always handled at once. Who sends more between two looks at the socket may be faster than we are."""

AT_ONCE = 128 * 1024
"""Bytes of an answer in larger pieces that are handled at once all the same: nearly all are whole by then."""

PART = 32 * 1024
"""Bytes that are handled at once of what had to wait."""

HELD_MOST = 64 * 1024
"""Bytes that nobody took after which the socket isn't read any more."""

HEAD_LIMIT = 64 * 1024
NO_BODY = frozenset({204, 304})


class Lost(ConnectionError):
    """The connection ended before the answer did. Its cause is the operating system's error, if there was one."""


class Garbled(Exception):
    """What came isn't an answer in HTTP."""


class Connection(asyncio.Protocol):
    """Where an answer arrives: `status` and `headers` once `head` is done, then its body piece by piece.

    `over` is true when nothing more will come: whole, or with a `fault`. `heard` is true when something came back
    for the request under way, `handed_at` the loop's time when a piece was last handed over.
    """

    def __init__(self, lost: Callable[["Connection"], None], turns: Turns | None = None) -> None:
        """`lost` is told when the connection is closed, by whomever. `turns` are shared by all of a server."""
        self._lost = lost
        self._all_turns = self._turns = turns or Turns()
        self._later = b""
        self._done = self._had = 0
        self._in_row = False
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._parser = httptools.HttpResponseParser(self)
        # Servers are taken as they are: these three deviations are seen in the wild, and none of them is dangerous
        # where a connection carries answers to one client alone.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self._waiter: asyncio.Future[None] | None = None
        self._taker: Callable[[bytes], bool] | None = None
        self.handed_at = -inf
        self._pieces: list[bytes] = []
        self._held = 0
        self._bodiless = 0
        self._bare = False
        self._reusable = False
        self._paused = False
        self.closed = False
        self.heard = False
        self.opened = False
        self.over = True
        self.fault: Exception | None = None
        self.status = 0
        self.headers: dict[str, str] = {}

    def ask(self, head: bytes, body: bytes, *, bare: bool = False) -> None:
        """Send a request. The answer to a `bare` one (HEAD) has no body."""
        self.take()
        waiting = TURNS.get()
        self._turns = waiting or self._all_turns
        self._had = AT_ONCE if waiting else 0
        self._bodiless = 0
        self._bare = bare
        self._reusable = self.heard = self.opened = self.over = False
        self.fault = None
        self.headers = {}
        if len(body) <= HELD_MOST:
            self._transport.write(head + body)
        else:
            self._transport.write(head)
            self._transport.write(body)

    def news(self) -> asyncio.Future[None]:
        """Done when the head, a piece of the body or the end has come."""
        self._taker = None
        self._waiter = self._loop.create_future()
        return self._waiter

    def hand_over(self, take: Callable[[bytes], bool]) -> asyncio.Future[None]:
        """Done when there is news that `take` wasn't called with, or after a piece for which it gave False."""
        waiter = self.news()
        if self._pieces or self.over:
            waiter.set_result(None)
        self._taker = take
        return waiter

    @property
    def holds(self) -> bool:
        """Whether there is something to take."""
        return bool(self._pieces)

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent."""
        return self._reusable and self.over and not (self.closed or self._later)

    def take(self) -> bytes:
        """What has come of the body since the last time; empty for nothing."""
        pieces = self._pieces
        if not pieces:
            return b""
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._held = 0
        if self._paused:
            self._go_on()
        return data

    def fail(self, fault: Exception) -> None:
        """The answer under way is given up."""
        if not self.over:
            self.over = True
            self.fault = fault
            self._tell()

    def drop(self) -> None:
        """Close the connection now, whatever is under way."""
        self._reusable = False
        self._later = b""
        self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer."""
        if not self._later and (len(data) <= SMALL or self._had < AT_ONCE):
            self._had += len(data)
            self._feed(data)
            return
        self._later = self._later[self._done :] + data if self._later else data
        self._done = 0
        self._pause()
        if self._held <= HELD_MOST:
            self._go_on()

    def _go_on(self) -> None:
        """What was put off has its turn, if there is something and it doesn't wait for one; else the socket is read."""
        if not self._later:
            if self._paused and not self.closed:
                self._transport.resume_reading()
            self._paused = False
        elif not self._in_row:
            self._in_row = True
            self._turns.wait(self._loop, self._turn)

    def _turn(self) -> None:
        """A part of what was put off. Where nobody takes what is held, it waits until somebody does."""
        self._in_row = False
        part = self._later if len(self._later) <= PART else self._later[self._done : self._done + PART]
        self._done += PART
        if self._done >= len(self._later):
            self._later, self._done = b"", 0
        if part:
            self._feed(part)
        if self._held <= HELD_MOST:
            self._go_on()

    def _pause(self) -> None:
        if not self._paused and not self.closed:
            self._paused = True
            self._transport.pause_reading()

    def _feed(self, data: bytes) -> None:
        if self.over:
            # A server that speaks without being asked: nobody knows to what this would be the answer.
            self.drop()
            return
        self.heard = True
        self._bodiless += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._garbled("it changed to another protocol")
        except httptools.HttpParserError as error:
            self._garbled(str(error.__context__ or error))
        if self._bodiless > HEAD_LIMIT and not self.over:
            self._garbled(f"more than {HEAD_LIMIT:,} bytes of headers")
        if self._pieces:
            self._arrived()
        if self._held > HELD_MOST:
            self._pause()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed, by whomever."""
        if self._later:
            # What had come before is part of the answer.
            rest, self._later = self._later[self._done :], b""
            self._feed(rest)
        self.closed = True
        self._lost(self)
        if self.over:
            return
        if exc is None and self.opened and self._ends_with_connection():
            self.over = True
            self._tell()
            return
        lost = Lost(str(exc) if exc else "the connection was closed")
        lost.__cause__ = exc
        self.fail(lost)

    # What httptools calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; one that comes twice is joined."""
        if self.over or self.opened:
            return  # Of a second answer, or a trailer.
        key = name.decode("latin-1").lower()
        text = value.decode("utf-8", "surrogateescape").strip()
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self.over or self.opened or status < 200:  # noqa: PLR2004 - statuses below announce another answer
            return
        self.status = status
        self.opened = True
        if self._bare:
            self.over = True
        self._tell()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if not self.over:
            self._pieces.append(body)
            self._held += len(body)
            self._bodiless = 0

    def on_message_complete(self) -> None:
        """The end of an answer, or of one that only announces it."""
        if self.over:
            self._reusable = False
        elif self.opened:
            self.over = True
            self._reusable = self._parser.should_keep_alive()
            self._tell()
        else:
            self.headers = {}

    def _ends_with_connection(self) -> bool:
        framed = "content-length" in self.headers or "transfer-encoding" in self.headers
        return not framed and self.status not in NO_BODY

    def _garbled(self, why: str) -> None:
        self.fail(Garbled(why))
        self.drop()

    def _arrived(self) -> None:
        """There is something of the body."""
        taker, waiter = self._taker, self._waiter
        if taker is None or waiter is None or waiter.done():
            self._tell()
            return
        self.handed_at = self._loop.time()
        try:
            if not taker(self.take()):
                waiter.set_result(None)
        except Exception as error:  # noqa: BLE001 - it is for whoever waits, not for the event loop
            waiter.set_exception(error)

    def _tell(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
