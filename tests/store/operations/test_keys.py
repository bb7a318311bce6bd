"""Keys and their log on every store."""

import pytest

from antiphon.errors import InvalidRequest, NotFound
from antiphon.store.base import Store
from antiphon.store.keys import Act, StoredKey


def key(key_id: str, at: int = 1, **more: object) -> StoredKey:
    said: dict[str, object] = {
        "project": "blue", "name": "é", "digest": b"\x00\xff" * 16, "scopes": frozenset({"read", "write"}),
        "models": ("up/*",),
    }  # fmt: skip
    return StoredKey(id=key_id, created_at=at, **(said | more))  # type: ignore[arg-type] # by name


def act(kind: str, subject: str = "a", **detail: int) -> Act:
    return Act(at=5, kind=kind, project="blue", subject=subject, actor="me@here", detail=detail)


async def test_a_key_comes_back_as_it_was(store: Store) -> None:
    made = [key("b", 1), key("a", 2, models=None, expires_at=9, name="", project="red")]
    for one in made:
        await store.keys.create(one, act("api_key.created", one.id))
    assert await store.keys.all() == made
    with pytest.raises(InvalidRequest, match="already a key with id 'a'"):
        await store.keys.create(key("a"), act("api_key.created"))
    assert await store.keys.changes() == 2


async def test_keys_are_revoked_expire_and_are_forgotten(store: Store) -> None:
    await store.keys.create(key("a"), act("api_key.created"))
    await store.keys.end("a", act("api_key.rotated"), expires_at=7)
    await store.keys.end("a", act("api_key.revoked"), revoked_at=6)
    assert await store.keys.all() == [key("a", expires_at=7, revoked_at=6)]
    await store.keys.delete("a", act("api_key.deleted"))
    assert await store.keys.all() == []
    for missing in ("a", "b\x00"):
        with pytest.raises(NotFound, match="There is no key"):
            await store.keys.end(missing, act("api_key.revoked"), revoked_at=1)
        with pytest.raises(NotFound, match="There is no key"):
            await store.keys.delete(missing, act("api_key.deleted"))
    assert await store.keys.changes() == 4


async def test_every_act_is_in_the_log_the_newest_first(store: Store) -> None:
    for number in range(3):
        await store.keys.note(act(f"act.{number}", n=number))
    acts = await store.keys.acts(2)
    assert [(one.kind, one.detail) for one in acts.items] == [("act.2", {"n": 2}), ("act.1", {"n": 1})]
    assert acts.more
    rest = await store.keys.acts(2, before=acts.items[-1].number)
    assert ([one.kind for one in rest.items], rest.more) == (["act.0"], False)
    first = rest.items[0]
    assert (first.at, first.project, first.subject, first.actor) == (5, "blue", "a", "me@here")
