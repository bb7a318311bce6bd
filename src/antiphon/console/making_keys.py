"""Keys as forms of the console make, rotate and revoke them, each with its line in the log.

Not here: the page (`pages/keys.py`). Counterpart: `terminal/keys.py`, the same at a terminal.
"""

from collections.abc import Callable, Mapping

import msgspec
from starlette.datastructures import FormData

from antiphon.errors import InvalidRequest
from antiphon.keys import PROJECT, PROJECT_HOW, SCOPES, NewKey, digest, make_key
from antiphon.store.keys import Act, Keys, StoredKey, no_key

DAY = 86_400
LASTS = {"": "until it is revoked", "1": "a day", "7": "a week", "30": "30 days", "90": "90 days", "365": "a year"}
"""Days for which a key may be good, as the form offers them."""
GRACE = {"0": "at once", "1": "in an hour", "24": "in a day", "168": "in a week"}
"""Hours after which a rotated key ends, as the form offers them."""
NAMED = 200


class MakingKeys:
    """The keys of a server in the hands of whoever `actor` names; `chance` gives bytes that nobody can foretell."""

    def __init__(self, kept: Keys, actor: str, now: int, chance: Callable[[int], bytes]) -> None:
        self._kept = kept
        self._actor = actor
        self._now = now
        self._chance = chance

    async def make(self, form: FormData) -> NewKey:
        """A key as the form describes it. Raises `InvalidRequest`."""
        return await self._make(row_of(form, self._now), {})

    async def rotate(self, key_id: str, hours: str) -> NewKey:
        """Another key like this one, which ends later. Raises `NotFound`, `InvalidRequest`."""
        key = await self._find(key_id)
        if not key.valid(self._now) or hours not in GRACE:
            raise InvalidRequest(f"The key {key.id} isn't good any more: make a new one.", param="id")
        new = await self._make(msgspec.structs.replace(key, created_at=self._now), {"instead_of": key.id})
        ends = self._now + int(hours) * 3600
        ends = ends if key.expires_at is None else min(key.expires_at, ends)
        await self._kept.end(key.id, self._act(key, "api_key.rotated", {}), expires_at=ends)
        return new

    async def revoke(self, key_id: str) -> None:
        """End a key at once. Raises `NotFound`."""
        key = await self._find(key_id)
        await self._kept.end(key.id, self._act(key, "api_key.revoked", {}), revoked_at=self._now)

    async def _find(self, key_id: str) -> StoredKey:
        for key in await self._kept.all():
            if key.id == key_id:
                return key
        raise no_key(key_id)

    async def _make(self, row: StoredKey, detail: Mapping[str, str]) -> NewKey:
        new = make_key(self._chance)
        key = msgspec.structs.replace(row, id=new.id, digest=digest(new.text))
        told = {"scopes": sorted(key.scopes), "expires_at": key.expires_at}
        models = {"models": list(key.models)} if key.models is not None else {}
        await self._kept.create(key, self._act(key, "api_key.created", {**told, **models, **detail}))
        return new

    def _act(self, key: StoredKey, kind: str, detail: Mapping[str, str | int | list[str] | None]) -> Act:
        told = {"name": key.name, **detail}
        return Act(at=self._now, kind=kind, project=key.project, subject=key.id, actor=self._actor, detail=told)


def row_of(form: FormData, now: int) -> StoredKey:
    """A key, but for its id and digest, as a form describes it. Raises `InvalidRequest`."""
    project, name = (str(form.get(member, "")).strip() for member in ("project", "name"))
    if not PROJECT.fullmatch(project):
        raise InvalidRequest(f"A project is called by {PROJECT_HOW}.", param="project")
    scopes = frozenset(scope for scope in map(str, form.getlist("scopes")) if scope in SCOPES)
    if not scopes:
        raise InvalidRequest("Say what the key is good for: at least one of " + ", ".join(SCOPES) + ".", param="scopes")
    days, models = str(form.get("days", "")), str(form.get("models", "")).replace(",", " ").split()
    if days not in LASTS:
        raise InvalidRequest("A key is good for one of the times that are offered.", param="days")
    return StoredKey(
        id="", project=project, name=name[:NAMED], digest=b"", scopes=scopes, models=tuple(models) or None,
        created_at=now, expires_at=now + int(days) * DAY if days else None,
    )  # fmt: skip
