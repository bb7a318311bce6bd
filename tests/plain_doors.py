"""What a run needs round it, made of plain lists: an upstream, a store and a client.

Counterpart: `runner/foreground.py`, which they are handed to. Import as `plain_doors`.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from antiphon.engine.commands import CallUpstream
from antiphon.engine.replies import Reply
from antiphon.errors import AntiphonError
from antiphon.wire.answers import Answer
from antiphon.wire.events import Event

Json = dict[str, Any]


@dataclass
class Upstream:
    """Gives these replies to a call; an `asyncio.Event` among them is waited for."""

    replies: Sequence[Reply | asyncio.Event]
    calls: list[CallUpstream] = field(default_factory=list)
    closed: bool = False
    waits: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, call: CallUpstream) -> AsyncGenerator[Reply, None]:
        self.calls.append(call)
        try:
            for reply in self.replies:
                if isinstance(reply, asyncio.Event):
                    self.waits.set()
                    await reply.wait()
                else:
                    yield reply
        finally:
            self.closed = True


@dataclass
class Store:
    """Keeps answers in a list, or raises; `held` is waited for before."""

    error: AntiphonError | None = None
    held: asyncio.Event | None = None
    kept: list[Answer] = field(default_factory=list)
    saved: asyncio.Event = field(default_factory=asyncio.Event)
    waits: asyncio.Event = field(default_factory=asyncio.Event)

    async def save_answer(self, project: str, answer: Answer) -> None:
        assert project == "p"
        if self.held:
            self.waits.set()
            await self.held.wait()
        if self.error:
            raise self.error
        self.kept.append(answer)
        self.saved.set()


@dataclass
class Client:
    """Reads events; `kept` is what the store had when the last of them came."""

    store: Store
    events: list[Event] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    kept_before_end: int = 0
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def opened(self, headers: Mapping[str, str]) -> None:
        self.headers.update(headers)

    async def emit(self, events: list[Event]) -> None:
        self.kept_before_end = len(self.store.kept)
        self.events += events
        self.told.set()

    @property
    def kinds(self) -> list[str]:
        return [str(event["type"]).removeprefix("response.") for event in self.stream]

    @property
    def stream(self) -> list[Json]:
        """The events as they travel."""
        return [msgspec.json.decode(msgspec.json.encode(event)) for event in self.events]


@dataclass
class Slow(Client):
    """Takes the first events, and lets nobody go on before it has `room`."""

    room: asyncio.Event = field(default_factory=asyncio.Event)

    async def emit(self, events: list[Event]) -> None:
        await super().emit(events)
        await self.room.wait()
