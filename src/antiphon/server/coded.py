"""uvicorn's HTTP connection, with what it lacks: it lets go of a client that doesn't read, and takes coded bodies.

A body that is already in HTTP's chunked coding is written many chunks at a time: a message for each, as ASGI has it,
costs ten times as much as the chunk. Not here: when it is sent (`gathered.py`). Counterpart:
`cassettes/shelf.py`, where bodies are coded.
"""

import asyncio
from collections.abc import Sequence
from typing import cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from antiphon.server.gathered import Departures, GatheredTransport

CONNECTION = "antiphon.connection"
BODY_WRITER = "antiphon.body_writer"
"""Where a scope holds what writes a piece of the body at once: a token in a message of ASGI costs twice as much."""


class BodyWriter:
    """Writes pieces of one answer's body as long as nothing has to be waited for."""

    __slots__ = ("_cycle", "_flow", "_write")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._flow = cycle.flow
        self._write = cycle.transport.write

    @property
    def ready(self) -> bool:
        """Whether a piece can be written now; where not, uvicorn's `send` is to do it."""
        cycle = self._cycle
        return not (
            self._flow.write_paused or cycle.disconnected or not cycle.chunked_encoding or cycle.response_complete
        )

    @property
    def behind(self) -> bool:
        """Whether the client hasn't taken most of what was written."""
        return self._flow.write_paused and not self._cycle.disconnected

    async def room(self) -> None:
        """Wait until it has, or is gone."""
        await self._flow.drain()

    def write(self, piece: bytes) -> None:
        """Write it, where that is `ready`."""
        self._write(b"%x\r\n%b\r\n" % (len(piece), piece))


class CodedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which the scope of each request leads back to."""

    slow_reader: float | None = None
    """Seconds for which a client may take nothing of what is written to it."""
    departures: Departures
    """What the connections of this server write in a turn of its event loop; each server has a class of its own."""
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A client is there."""
        gathered = GatheredTransport(transport, self.departures, self.loop)
        super().connection_made(cast("asyncio.Transport", gathered))

    def pause_writing(self) -> None:
        """The client is behind: the application waits, but not for ever."""
        super().pause_writing()
        if self.slow_reader is not None:
            self._patience = self.loop.call_later(self.slow_reader, self.transport.abort)

    def resume_writing(self) -> None:
        """It has caught up."""
        self._unhurried()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._unhurried()
        super().connection_lost(exc)

    def _unhurried(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _unsupported_upgrade_warning(self) -> None:
        """The answer says it: a client that tries WebSocket first and falls back to HTTP is nothing to warn of."""

    def on_headers_complete(self) -> None:
        """A request's head is read: its application starts in the loop's next turn."""
        super().on_headers_complete()
        self.scope[CONNECTION] = self  # type: ignore[literal-required] # a member of ours in a scope of ASGI
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and cycle.scope is self.scope:
            # What is to become a WebSocket is no request that is answered.
            self.scope[BODY_WRITER] = BodyWriter(cycle)  # type: ignore[literal-required] # likewise


async def write_coded(scope: Scope, bursts: Sequence[bytes]) -> bool:
    """Write parts of the body between its `http.response.start` and its last message. False if that can't be done."""
    connection = scope.get(CONNECTION)
    if not isinstance(connection, CodedProtocol):
        return False
    for burst in bursts:
        if connection.transport.is_closing():
            break
        connection.transport.write(burst)
        if connection.flow.write_paused:
            await connection.flow.drain()
        else:
            await asyncio.sleep(0)
    return True
