"""The `Keys` protocol: the keys of a server, of all projects, and the log of who changed them.

For the operator and for whoever checks requests; no route of a project sees it. Of a key only its digest is here.
Each change writes its line of the log in the same transaction. Counterparts: `sql_keys.py`, `memory_keys.py`.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec
from msgspec import Struct

from antiphon.errors import InvalidRequest, NotFound


class StoredKey(Struct, frozen=True, kw_only=True):
    """One key. Times are Unix seconds; `models` are patterns of full ids, None for all of them."""

    id: str
    project: str
    name: str
    digest: bytes
    scopes: frozenset[str]
    models: tuple[str, ...] | None
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None

    def valid(self, now: float) -> bool:
        """Whether it is good at this time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class Act(Struct, frozen=True, kw_only=True):
    """An administrative act: `kind` is such as `api_key.created`, `subject` what it was done to, `actor` who did it.

    `detail` is what is worth knowing of it; never a key.
    """

    at: int
    kind: str
    project: str
    subject: str
    actor: str
    detail: Mapping[str, str | int | list[str] | None] = {}
    number: int = 0


class Acts(Struct, frozen=True):
    """A page of the log, the newest first; `more` whether there are older ones."""

    items: list[Act]
    more: bool


class Keys(Protocol):
    """The keys, and the log. Every method may raise `StoreFault`."""

    async def create(self, key: StoredKey, act: Act) -> None:
        """Keep a new key. Raises `InvalidRequest` when its id is there already."""
        ...

    async def all(self) -> list[StoredKey]:
        """Every key there is, those that were revoked or have expired too; the oldest first."""
        ...

    async def changes(self) -> int:
        """A number that is another one after each change."""
        ...

    async def end(self, key_id: str, act: Act, *, revoked_at: int | None = None, expires_at: int | None = None) -> None:
        """Revoke a key, or have it expire. Raises `NotFound`."""
        ...

    async def delete(self, key_id: str, act: Act) -> None:
        """Forget a key; the log remembers it. Raises `NotFound`."""
        ...

    async def note(self, act: Act) -> None:
        """Write a line of the log for something else."""
        ...

    async def acts(self, limit: int, before: int | None = None) -> Acts:
        """The newest acts, those below the number `before` where it is said."""
        ...


def no_key(key_id: str) -> NotFound:
    """No such key."""
    return NotFound(f"There is no key '{key_id}'. `antiphon keys list` has the ids.", param="id")


def key_taken(key_id: str) -> InvalidRequest:
    """There is one already."""
    return InvalidRequest(f"There is already a key with id '{key_id}'.", param="id")


def encode_detail(act: Act) -> bytes:
    """An act's detail as it is kept."""
    return msgspec.json.encode(act.detail)
