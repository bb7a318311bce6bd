"""A lane: the requests of one `stream_id`, answered one after the other; and the sink of their events.

Not here: what a request is (`connection.py`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping

import msgspec

from antiphon.wire.events import Event

MOST_QUEUED = 32
"""Requests of one lane that may wait for those before them."""

SendText = Callable[[bytes], Awaitable[None]]
Work = Callable[[], Coroutine[object, object, None]]

_encode = msgspec.json.Encoder().encode


class Lane:
    """One line of requests. `name` is its `stream_id`, None for the line of those without one."""

    def __init__(self, name: str | None, send: SendText, broken: Callable[[], object] = int) -> None:
        """`broken` is called when a request raised what it shouldn't have: it has no answer."""
        self.name = name
        self._send = send
        self._broken = broken
        # An event is a JSON object that begins with its type: the lane's name goes before it.
        self._opening = b'{"stream_id":' + _encode(name) + b"," if name is not None else b"{"
        self._queue: list[Work] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def full(self) -> bool:
        """Whether no more may wait."""
        return len(self._queue) >= MOST_QUEUED

    def add(self, work: Work, *, first: bool = False) -> None:
        """Do this after what waits already; `first`, before all that waits."""
        self._queue.insert(0 if first else len(self._queue), work)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._go())
            self._task.add_done_callback(self._gone)

    async def say(self, event: msgspec.Struct) -> None:
        """Send one event."""
        await self._send(self._opening + _encode(event)[1:])

    async def settled(self) -> None:
        """Nothing is under way any more. Raises what a request raised that it shouldn't have."""
        if self._task is not None:
            await self._task

    async def end(self) -> None:
        """What waits is dropped; what is under way comes to its end."""
        self._queue.clear()
        await self.settled()

    def _gone(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._broken()

    async def _go(self) -> None:
        while self._queue:
            await self._queue.pop(0)()


class LaneSink:
    """Where the events of one response go. `event` is the last one."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self.event: Event | None = None

    def opened(self, headers: Mapping[str, str]) -> None:
        """Nothing to do: the connection has its headers already."""

    async def emit(self, events: list[Event]) -> None:
        for event in events:
            self.event = event
            await self._lane.say(event)
