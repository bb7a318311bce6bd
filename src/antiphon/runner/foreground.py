"""The doors of a run whose client waits for it: an upstream, a store, and a sink that the client reads.

A client that leaves ends the upstream call at once and never a save. Not here: HTTP (`server/`), what to
do when the client left (`engine/run.py`). Counterpart: `drive.py`.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Protocol

from antiphon.engine.commands import CallUpstream, Emit, Save
from antiphon.engine.replies import Cancelled, Reply, Saved, SaveFailed, UpstreamOpened
from antiphon.errors import AntiphonError
from antiphon.wire.answers import Answer
from antiphon.wire.events import Event

Ask = Callable[[CallUpstream], AsyncGenerator[Reply, None]]


class Sink(Protocol):
    """Where the events of a foreground run go."""

    def opened(self, headers: Mapping[str, str]) -> None:
        """The first upstream call has its status line; `headers` of it concern the client."""
        ...

    async def emit(self, events: list[Event]) -> None:
        """Take events; return when more may come."""
        ...


class Keep(Protocol):
    """What a foreground run needs of a store."""

    async def save_answer(self, project: str, answer: Answer) -> None:
        """Keep the answer durably, or raise."""
        ...


class Foreground:
    """One run's doors. `open_after` seconds without a status line, the client is answered all the same."""

    def __init__(self, ask: Ask, store: Keep, project: str, sink: Sink, open_after: float | None = None) -> None:
        self._ask = ask
        self._store = store
        self._project = project
        self._sink = sink
        self._open_after = open_after
        self._source: AsyncGenerator[Reply, None] | None = None
        self._pending: asyncio.Task[Reply] | None = None
        self._waiting: asyncio.Task[object] | None = None
        self._saving: asyncio.Future[Reply] | None = None
        self._left = False

    def leave(self) -> None:
        """The client is gone: the upstream call that is waited for ends now."""
        self._left = True
        if self._waiting is not None:
            self._waiting.cancel()

    async def emit(self, command: Emit) -> None:
        if command.events and not self._left:
            await self._sink.emit(command.events)

    def call(self, command: CallUpstream) -> None:
        self._source = self._ask(command)

    def save(self, command: Save) -> None:
        self._saving = asyncio.ensure_future(self._save(command.answer))

    async def reply(self) -> Reply:
        if self._saving is not None:
            return await asyncio.shield(self._saving)
        if self._source is None:
            raise RuntimeError("a run waits for a reply to nothing")
        return await self._cancelled() if self._left else await self._upstream_reply(self._source)

    async def close(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            with suppress(asyncio.CancelledError):
                await self._pending
            self._pending = None
        if self._source is not None:
            await self._source.aclose()
            self._source = None

    async def _upstream_reply(self, source: AsyncIterator[Reply]) -> Reply:
        task = self._waiting = asyncio.current_task()
        try:
            reply = await self._next(source)
        except asyncio.CancelledError:
            if task is None or not self._was_left():
                raise
            task.uncancel()
            return await self._cancelled()
        finally:
            self._waiting = None
        if isinstance(reply, UpstreamOpened):
            self._sink.opened(reply.headers)
        return reply

    def _was_left(self) -> bool:
        """Asked after an await, in which `leave` may have been called."""
        return self._left

    async def _cancelled(self) -> Reply:
        await self.close()
        return Cancelled()

    async def _next(self, source: AsyncIterator[Reply]) -> Reply:
        if self._pending is not None:
            reply = await self._pending
            self._pending = None
            return reply
        if self._open_after is None:
            return await anext(source)
        patience, self._open_after = self._open_after, None
        self._pending = asyncio.ensure_future(anext(source))
        done, _ = await asyncio.wait({self._pending}, timeout=patience)
        return await self._next(source) if done else UpstreamOpened()

    async def _save(self, answer: Answer) -> Reply:
        try:
            await self._store.save_answer(self._project, answer)
        except AntiphonError as error:
            return SaveFailed(error)
        return Saved()
