"""Keys and the log of what was done with them, in SQL databases.

Not here: what a key is (`antiphon/keys.py`). Counterpart: `sql/queries/keys.sql`.
"""

from typing import Any

import msgspec

from antiphon.store.asks import Fetch, Steps
from antiphon.store.faults import storable
from antiphon.store.keys import Act, Acts, StoredKey, encode_detail, key_taken, no_key
from antiphon.store.operations.rows import HIGHEST


def create(key: StoredKey, act: Act) -> Steps[None]:
    """A new key."""
    if (yield Fetch("find_key", {"id": key.id})):
        raise key_taken(key.id)
    row = {"id": key.id, "project": key.project, "name": key.name, "digest": key.digest, "created_at": key.created_at}
    scopes = msgspec.json.encode(sorted(key.scopes))
    models = None if key.models is None else msgspec.json.encode(key.models)
    ends = {"expires_at": key.expires_at, "revoked_at": key.revoked_at}
    yield Fetch("insert_key", {**row, "scopes": scopes, "models": models, **ends})
    yield from note(act)


def everyone() -> Steps[list[StoredKey]]:
    """All keys."""
    return [_key(row) for row in (yield Fetch("all_keys", {}))]


def changes() -> Steps[int]:
    """How many acts there were: each change of a key is one, and none is ever forgotten."""
    rows = yield Fetch("count_acts", {})
    return int(rows[0][0])


def end(key_id: str, act: Act, revoked_at: int | None, expires_at: int | None) -> Steps[None]:
    """Revoke, or have expire."""
    yield from _find(key_id)
    yield Fetch("end_key", {"id": key_id, "revoked_at": revoked_at, "expires_at": expires_at})
    yield from note(act)


def delete(key_id: str, act: Act) -> Steps[None]:
    """Forget a key."""
    yield from _find(key_id)
    yield Fetch("delete_key", {"id": key_id})
    yield from note(act)


def note(act: Act) -> Steps[None]:
    """A line of the log."""
    row = {"at": act.at, "kind": act.kind, "project": act.project, "subject": act.subject, "actor": act.actor}
    yield Fetch("insert_act", {**row, "detail": encode_detail(act)})


def acts(limit: int, before: int | None) -> Steps[Acts]:
    """The newest of them."""
    high = HIGHEST if before is None else before
    rows = yield Fetch("newest_acts", {"high": high, "limit": limit + 1})
    return Acts([_act(row) for row in rows[:limit]], more=len(rows) > limit)


def _find(key_id: str) -> Steps[None]:
    if not storable(key_id) or not (yield Fetch("find_key", {"id": key_id})):
        raise no_key(key_id)


def _key(row: Any) -> StoredKey:  # noqa: ANN401 - a row of either driver
    key_id, project, name, digest, scopes, models, created_at, expires_at, revoked_at = tuple(row)
    return StoredKey(
        id=key_id,
        project=project,
        name=name,
        digest=bytes(digest),
        scopes=msgspec.json.decode(scopes, type=frozenset[str]),
        models=None if models is None else msgspec.json.decode(models, type=tuple[str, ...]),
        created_at=created_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
    )


def _act(row: Any) -> Act:  # noqa: ANN401 - a row of either driver
    number, at, kind, project, subject, actor, detail = tuple(row)
    told = msgspec.json.decode(detail)
    return Act(number=number, at=at, kind=kind, project=project, subject=subject, actor=actor, detail=told)
