"""Holds callers to their quotas, at the routes: counts their requests, and says in each answer what is left.

Not here: the counts (`runner/quotas.py`), which route is one that makes an answer (`rights.py`). Over WebSocket each
request on a connection counts, not the connection (`sockets/connection.py`).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antiphon.errors import LimitReached
from antiphon.runner.quotas import Quotas, Spender, spending
from antiphon.server.callers import Caller, caller_of
from antiphon.store.uses import Uses
from antiphon.wire.responses import InputTokensDetails, OutputTokensDetails, Usage

LOOK = 30.0
"""Seconds for which what a project keeps is taken to be what it was."""
TAIL = 4096
PER_TOKEN = 4
_COUNT = re.compile(rb'"(total|prompt|completion|cached|reasoning)_tokens"\s*:\s*(\d{1,12})')


class Meter:
    """One server's: its counts, and the database that says how much a project keeps. `clock` never goes back."""

    def __init__(self, quotas: Quotas, store: Uses, clock: Callable[[], float]) -> None:
        self.quotas = quotas
        self._store = store
        self._clock = clock
        self._kept: dict[str, tuple[float, int]] = {}

    @contextmanager
    def using(self, caller: Caller, *, streams: bool) -> Iterator[None]:
        """One request of a caller. Raises `LimitReached`."""
        spender = Spender(caller.project, caller.key)
        leave = self.quotas.enter(spender, streams=streams)
        try:
            with spending(spender):
                yield
        finally:
            leave()

    async def check_storage(self, caller: Caller) -> None:
        """Raise `LimitReached` where the caller's project keeps as much as it may."""
        most = self.quotas.storage(Spender(caller.project, caller.key))
        if most is None:
            return
        until, kept = self._kept.get(caller.project, (0.0, 0))
        if self._clock() >= until:
            kept = await self._store.stored_bytes(caller.project)
            self._kept[caller.project] = (self._clock() + LOOK, kept)
        if kept >= most:
            raise LimitReached(
                f"This project keeps {kept} bytes, and may keep {most}. Delete responses, conversations or files.",
                kind="storage", retry_after=LOOK, code="insufficient_quota",
            )  # fmt: skip


class Metered:
    """A route's application behind a meter. `streams`: it makes answers; `keeps`: it may make something that stays."""

    def __init__(self, app: ASGIApp, meter: Meter, *, streams: bool, keeps: bool) -> None:
        self._app = app
        self._meter = meter
        self._streams = streams
        self._keeps = keeps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        caller, posts = caller_of(scope), scope["method"] == "POST"
        spender = Spender(caller.project, caller.key)

        async def with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._meter.quotas.headers(spender)]
            await send(message)

        if self._keeps and posts:
            await self._meter.check_storage(caller)
        with self._meter.using(caller, streams=self._streams and posts):
            return await self._app(scope, receive, with_limits)


class Tally:
    """Tokens of an answer that is only passed on: as its upstream counts them, else by its length."""

    def __init__(self, asked: bytes) -> None:
        self._length = len(asked)
        self._tail = b""

    def pass_on(self, data: bytes) -> None:
        """A piece went by."""
        self._length += len(data)
        self._tail = (self._tail + data)[-TAIL:]

    @property
    def tokens(self) -> int:
        """About how many."""
        told = self._told()
        return told["total"] if "total" in told else self._length // PER_TOKEN

    @property
    def usage(self) -> Usage | None:
        """As the upstream counts them; None where it doesn't say."""
        told = self._told()
        if not told:
            return None
        return Usage(
            input_tokens=told.get("prompt", 0),
            output_tokens=told.get("completion", 0),
            total_tokens=told.get("total", 0),
            input_tokens_details=InputTokensDetails(cached_tokens=told.get("cached", 0)),
            output_tokens_details=OutputTokensDetails(reasoning_tokens=told.get("reasoning", 0)),
        )

    def _told(self) -> dict[str, int]:
        """The last count of each kind."""
        return {kind.decode(): int(count) for kind, count in _COUNT.findall(self._tail)}
