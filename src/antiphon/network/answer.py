"""An answer from the network, and the iterator over its body.

Not here: the bytes (`connection.py`). Counterpart: `transport.HttpAnswer`, the protocol it fulfils.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from math import inf

from antiphon.network.connection import Connection
from antiphon.network.faults import no_end
from antiphon.transport import HttpRequest

GiveBack = Callable[[Connection], None]


class Answer:
    """One answer. `give_back` takes the connection when it is needed no more.

    One timer serves the whole answer: it looks how long the current read has waited and sets itself again
    for the rest. A reader that takes its time is not an upstream that fell silent.
    """

    __slots__ = (
        "_connection", "_done", "_give_back", "_idle", "_loop", "_request", "_timer", "_waiting_since", "headers",
        "status",
    )  # fmt: skip

    def __init__(self, connection: Connection, request: HttpRequest, idle: float, give_back: GiveBack) -> None:
        """`idle` is the longest silence, in seconds."""
        self._connection = connection
        self._request = request
        self._idle = idle
        self._give_back = give_back
        self._done = False
        self._loop = asyncio.get_running_loop()
        self._waiting_since = inf
        self._timer = self._loop.call_later(idle, self._look)
        self.status = connection.status
        self.headers: Mapping[str, str] = connection.headers

    def chunks(self) -> AsyncIterator[bytes]:
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        connection = self._connection
        if self._done:
            raise StopAsyncIteration
        if not (connection.holds or connection.over):
            self._waiting_since = self._loop.time()
            await connection.news()
            self._waiting_since = inf
        data = connection.take()
        if data:
            return data
        self._let_go()
        if connection.fault is not None:
            raise no_end(self._request, connection.fault, self._idle) from connection.fault
        raise StopAsyncIteration

    def hand_over(self, take: Callable[[bytes], bool]) -> Awaitable[None]:
        self._waiting_since = self._loop.time()
        waiter = self._connection.hand_over(take)
        waiter.add_done_callback(self._handed)
        return waiter

    def _handed(self, _: object) -> None:
        self._waiting_since = inf

    async def close(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if not self._done:
            self._done = True
            self._timer.cancel()
            self._give_back(self._connection)

    def _look(self) -> None:
        """Runs when the timer fires. `_waiting_since` is infinite while no read waits."""
        left = max(self._waiting_since, self._connection.handed_at) + self._idle - self._loop.time()
        if left <= 0:
            self._connection.fail(TimeoutError())
        else:
            self._timer = self._loop.call_later(min(left, self._idle), self._look)
