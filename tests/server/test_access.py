"""Who may in: keys that are known, as old as what is known may be, and what a store that fails does to it."""

import asyncio
from collections.abc import Awaitable

import pytest

from antiphon.errors import StoreFault, Unauthorized
from antiphon.keys import digest, make_key
from antiphon.server.access import ASIDE, REFUSAL, Access, Clocks, bearer_of
from antiphon.server.callers import CALLER, OPEN, Caller
from antiphon.sources import chance
from antiphon.store.keys import Act, StoredKey
from antiphon.store.memory_keys import MemoryKeys


class Desk:
    """An access over keys in memory, with clocks that stand still until they are moved."""

    def __init__(self, *, open_here: bool = True, tokens: "Strangers | None" = None) -> None:
        self.now = 1000.0
        self.keys = Counting()
        clocks = Clocks(lambda: self.now, lambda: self.now)
        self.access = Access(self.keys, clocks, open_here=open_here, tokens=tokens)

    async def make(self, **more: object) -> str:
        key = make_key(chance)
        fields: dict[str, object] = {"project": "blue", "name": "", "models": None, "created_at": 1}
        row = StoredKey(id=key.id, digest=digest(key.text), scopes=frozenset({"read"}), **(fields | more))  # type: ignore[arg-type] # by name
        await self.keys.create(row, act("api_key.created", key.id))
        return key.text


class Counting(MemoryKeys):
    """Counts how often it was asked, and fails when it is told to."""

    asked = 0
    broken = False

    async def changes(self) -> int:
        self.asked += 1
        if self.broken:
            raise StoreFault("gone")
        return await super().changes()


class Strangers:
    """Tokens of another issuer."""

    async def caller(self, token: str) -> Caller | None:
        return Caller("guests") if token == "a.b.c" else None


def act(kind: str, subject: str) -> Act:
    return Act(at=1, kind=kind, project="blue", subject=subject, actor="me")


async def refused(admitted: Awaitable[Caller]) -> str:
    with pytest.raises(Unauthorized) as refusal:
        await admitted
    assert (refusal.value.http_status, refusal.value.code) == (401, "invalid_api_key")
    assert refusal.value.headers == {"www-authenticate": "Bearer"}
    return refusal.value.message


async def test_without_keys_everyone_may_in_on_loopback_and_nobody_elsewhere() -> None:
    desk = Desk()
    assert await desk.access.admit(None) is OPEN
    assert await desk.access.admit("anything") is OPEN
    assert await desk.access.authenticate("anything") is None
    elsewhere = Desk(open_here=False).access
    await elsewhere.refresh()
    assert (elsewhere.locked, elsewhere.open) == (True, False)
    await refused(elsewhere.admit(None))


async def test_as_soon_as_there_is_a_key_one_is_needed() -> None:
    desk = Desk()
    key = await desk.make(models=("up/*",))
    assert await desk.access.admit(key) == Caller("blue", frozenset({"read"}), ("up/*",), key[6:18])
    assert "didn't provide" in await refused(desk.access.admit(None))
    for wrong in ("", "x", key[:-1], key + "0", key.upper(), f"sk-ap-{'0' * 12}-{'0' * 48}"):
        assert "Incorrect API key" in await refused(desk.access.admit(wrong))
    assert (desk.access.open, desk.access.locked) == (False, False)


async def test_a_key_that_was_revoked_or_has_expired_doesnt_open_the_door() -> None:
    desk = Desk()
    key = await desk.make(expires_at=1001)
    assert await desk.access.authenticate(key) is not None
    desk.now = 1001
    assert await desk.access.authenticate(key) is None
    await refused(desk.access.admit(None))
    other = await desk.make()
    desk.now += 1
    assert await desk.access.authenticate(other) is not None
    await desk.keys.end(other[6:18], act("api_key.revoked", other[6:18]), revoked_at=1002)
    desk.now += 1
    assert await desk.access.authenticate(other) is None
    assert not desk.access.open


async def test_it_is_open_again_when_the_last_key_is_deleted() -> None:
    desk = Desk()
    key = await desk.make()
    await refused(desk.access.admit(None))
    await desk.keys.delete(key[6:18], act("api_key.deleted", key[6:18]))
    desk.now += 1
    assert await desk.access.admit(None) is OPEN


async def test_the_store_is_asked_aside_before_what_is_known_is_too_old() -> None:
    desk = Desk()
    key = await desk.make()
    for _ in range(9):
        await desk.access.authenticate(key)
    assert desk.keys.asked == 1
    desk.now += 0.5
    await desk.access.authenticate(key)
    await desk.access.authenticate(key)
    assert desk.keys.asked == 1
    await asyncio.sleep(2 * ASIDE)
    await desk.access.close()
    assert desk.keys.asked == 2


async def test_nobody_is_let_in_while_it_isnt_known_who_may() -> None:
    desk = Desk()
    key = await desk.make()
    await desk.access.authenticate(key)
    desk.keys.broken = True
    desk.now += 0.5
    assert await desk.access.authenticate(key) is not None
    await desk.access.close()
    desk.now += 1
    scope: dict[str, object] = {"headers": [(b"authorization", f"Bearer {key}".encode())]}
    await desk.access.enter(scope)
    assert CALLER not in scope
    assert isinstance(scope[REFUSAL], StoreFault)
    desk.keys.broken = False
    assert await desk.access.authenticate(key) is not None


async def test_a_scope_gets_its_caller_or_a_refusal() -> None:
    desk = Desk()
    key = await desk.make()
    known: dict[str, object] = {"headers": [(b"authorization", f"bearer {key}".encode())]}
    await desk.access.enter(known)
    assert isinstance(known[CALLER], Caller)
    unknown: dict[str, object] = {"headers": []}
    await desk.access.enter(unknown)
    assert isinstance(unknown[REFUSAL], Unauthorized)
    assert CALLER not in unknown


async def test_tokens_of_another_issuer_are_asked_of_it() -> None:
    desk = Desk(open_here=False, tokens=Strangers())
    assert (await desk.access.admit("a.b.c")).project == "guests"
    await refused(desk.access.admit("a.b.d"))
    assert (desk.access.open, desk.access.locked) == (False, False)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ([], None), ([b"Bearer k"], "k"), ([b"BEARER  k "], "k"), ([b"Basic k"], None), ([b"Bearer "], None), ([b"k"], None),
        ([b"Bearer a", b"Bearer a"], None), ([b"Bearer \xff"], "\xff"),
    ],
)  # fmt: skip
def test_the_key_in_the_headers(said: list[bytes], key: str | None) -> None:
    assert bearer_of([(b"host", b"h"), *((b"authorization", value) for value in said)]) == key
