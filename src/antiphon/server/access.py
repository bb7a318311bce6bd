"""Whom a server lets in: keys, checked against what the store has, at most a second old.

All keys are in memory and looked up by their public id; before they are half a second old the store is asked whether
they changed, aside, and after a second nobody is let in before it has answered. So a request pays for a digest, and an
unknown id costs what a known one does. Not here: what a key looks like (`antiphon/keys.py`), which scope a route needs
(`rights.py`).
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Protocol

from starlette.types import Scope

from antiphon.errors import AntiphonError, Unauthorized
from antiphon.keys import fits, id_of
from antiphon.server.callers import CALLER, OPEN, Caller
from antiphon.store.keys import Keys, StoredKey

REFUSAL = "antiphon.refusal"
"""Where a scope holds the error that a request without a caller is answered with."""
BEARER = "bearer "
SOON, OLDEST = 0.4, 0.9
"""Seconds after which the store is asked again, aside; and after which everyone waits for its answer."""
ASIDE = 0.02
"""Seconds from the request that finds it due: that has asked its upstream by then."""
HOW = "Send a key in the header 'Authorization: Bearer KEY'; `antiphon keys create` makes one."


class Tokens(Protocol):
    """Checks tokens of others: see `tokens.py`."""

    async def caller(self, token: str) -> Caller | None:
        """Whom a token stands for; None where it isn't one of ours. Raises `AntiphonError`."""
        ...


@dataclass(frozen=True, slots=True)
class Clocks:
    """`wall` gives Unix seconds, by which keys expire; `steady` never goes back."""

    wall: Callable[[], float]
    steady: Callable[[], float]


class Access:
    """Who may in. `open_here`: everyone, as long as there is no key and no issuer of tokens."""

    def __init__(self, keys: Keys, clocks: Clocks, *, open_here: bool, tokens: Tokens | None = None) -> None:
        self._store = keys
        self._clocks = clocks
        self._open_here = open_here
        self._tokens = tokens
        self._keys: Mapping[str, StoredKey] = {}
        self._changes = -1
        self._asked_at = -inf
        self._asking: asyncio.Task[None] | None = None
        self._due: asyncio.TimerHandle | None = None

    @property
    def open(self) -> bool:
        """Whether a request needs no key, as far as is known."""
        return self._open_here and not self._keys and self._tokens is None

    @property
    def locked(self) -> bool:
        """Whether nobody at all can come in: it isn't open, and there is no key."""
        return not self._open_here and not self._keys and self._tokens is None

    async def refresh(self) -> None:
        """See to it that what is known is new enough. Raises `StoreFault`."""
        age = self._clocks.steady() - self._asked_at
        if age < SOON:
            return
        if age >= OLDEST:
            # One asks for all; who leaves doesn't take the answer from the others.
            await asyncio.shield(self._ask_now())
        elif self._due is None and self._asking is None:
            self._due = asyncio.get_running_loop().call_later(ASIDE, self._ask_now)

    async def authenticate(self, key: str) -> Caller | None:
        """Whom a key or token stands for; None where it is none of ours, or no more. Raises `StoreFault`."""
        await self.refresh()
        known = self._keys.get(id_of(key))
        if fits(key, known.digest if known else None) and known is not None:
            return _caller(known) if known.valid(self._clocks.wall()) else None
        return await self._tokens.caller(key) if self._tokens is not None else None

    async def admit(self, bearer: str | None) -> Caller:
        """Who sent a request with this key, or without one. Raises `Unauthorized`, `StoreFault`."""
        if self._clocks.steady() - self._asked_at >= SOON:
            await self.refresh()
        if self.open:
            return OPEN
        if bearer is None:
            raise Unauthorized(f"You didn't provide an API key. {HOW}")
        caller = await self.authenticate(bearer)
        if caller is None:
            raise Unauthorized(f"Incorrect API key provided: it isn't, or isn't any more, a key of this server. {HOW}")
        return caller

    async def enter(self, scope: Scope) -> None:
        """Put the caller of a request into its scope, or why it has none."""
        try:
            scope[CALLER] = await self.admit(bearer_of(scope["headers"]))
        except AntiphonError as refusal:
            scope[REFUSAL] = refusal

    async def close(self) -> None:
        """Wait for what is being asked; ask no more."""
        if self._due is not None:
            self._due.cancel()
        if self._asking is not None:
            await asyncio.wait({self._asking})

    def _ask_now(self) -> "asyncio.Task[None]":
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._ask())
            self._asking.add_done_callback(self._asked)
        return self._asking

    async def _ask(self) -> None:
        began = self._clocks.steady()
        changes = await self._store.changes()
        if changes != self._changes:
            self._keys = {key.id: key for key in await self._store.all()}
            self._changes = changes
        self._asked_at = began

    def _asked(self, task: "asyncio.Task[None]") -> None:
        self._asking = None
        if not task.cancelled():
            # Whoever waits for it is told; where nobody does, the next one asks again.
            task.exception()


def bearer_of(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The key in a request's headers. Of two that say who it is none counts: they may mean two different callers."""
    said = [value.decode("latin-1") for name, value in headers if name == b"authorization"]
    if len(said) != 1 or not said[0].lower().startswith(BEARER):
        return None
    return said[0][len(BEARER) :].strip() or None


def _caller(key: StoredKey) -> Caller:
    return Caller(key.project, key.scopes, key.models, key.id)
