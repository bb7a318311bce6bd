"""What leaves in one turn of the event loop: a write for each connection, one after another, once all has been read.

Each write wakes whoever reads, which costs a virtual machine as much as encoding a hundred events. The tokens of many
streams that came at once go to clients that are woken once. Not here: what is written (`sse.py`, uvicorn).
Counterpart: `network/connection.py`, which reads what came at once.
"""

import asyncio
from typing import Any

AT_ONCE = 64 * 1024
"""Bytes that wait at the most: with more, whoever writes has to notice that the client is behind."""


class Departures:
    """The connections of a server that have something to write before the event loop sleeps again."""

    __slots__ = ("_gathered",)

    def __init__(self) -> None:
        self._gathered: list[GatheredTransport] = []

    def add(self, transport: "GatheredTransport", loop: asyncio.AbstractEventLoop) -> None:
        """It has written, and not yet sent."""
        if not self._gathered:
            loop.call_soon(self._leave)
        self._gathered.append(transport)

    def _leave(self) -> None:
        gathered, self._gathered = self._gathered, []
        for transport in gathered:
            transport.send()


class GatheredTransport:
    """A connection whose writes of one turn of the event loop leave as one. All else is the transport's."""

    __slots__ = ("_departures", "_loop", "_pieces", "_size", "_transport", "_write")

    def __init__(self, transport: asyncio.Transport, departures: Departures, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._write = transport.write
        self._departures = departures
        self._loop = loop
        self._pieces: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the transport has
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send it before the event loop sleeps."""
        pieces = self._pieces
        if not pieces:
            self._departures.add(self, self._loop)
        pieces.append(data)
        self._size += len(data)
        if self._size > AT_ONCE:
            self.send()

    def send(self) -> None:
        """Send what waits, now."""
        pieces = self._pieces
        if pieces:
            data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            pieces.clear()
            self._size = 0
            if not self._transport.is_closing():
                self._write(data)

    def write_eof(self) -> None:
        """What was written before is sent before."""
        self.send()
        self._transport.write_eof()

    def close(self) -> None:
        """What was written before is sent before."""
        self.send()
        self._transport.close()
