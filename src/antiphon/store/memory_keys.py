"""`Keys` in plain dicts. Counterpart: `sql_keys.py`."""

import msgspec

from antiphon.store.keys import Act, Acts, StoredKey, key_taken, no_key


class MemoryKeys:
    """The keys of a store in memory."""

    def __init__(self) -> None:
        self._keys: dict[str, StoredKey] = {}
        self._acts: list[Act] = []

    async def create(self, key: StoredKey, act: Act) -> None:
        if key.id in self._keys:
            raise key_taken(key.id)
        self._keys[key.id] = key
        await self.note(act)

    async def all(self) -> list[StoredKey]:
        return list(self._keys.values())

    async def changes(self) -> int:
        return len(self._acts)

    async def end(self, key_id: str, act: Act, *, revoked_at: int | None = None, expires_at: int | None = None) -> None:
        key = self._key(key_id)
        revoked = key.revoked_at if revoked_at is None else revoked_at
        expires = key.expires_at if expires_at is None else expires_at
        self._keys[key_id] = msgspec.structs.replace(key, revoked_at=revoked, expires_at=expires)
        await self.note(act)

    async def delete(self, key_id: str, act: Act) -> None:
        del self._keys[self._key(key_id).id]
        await self.note(act)

    async def note(self, act: Act) -> None:
        self._acts.append(msgspec.structs.replace(act, number=len(self._acts) + 1))

    async def acts(self, limit: int, before: int | None = None) -> Acts:
        newest = [act for act in reversed(self._acts) if before is None or act.number < before]
        return Acts(newest[:limit], more=len(newest) > limit)

    def _key(self, key_id: str) -> StoredKey:
        if key_id not in self._keys:
            raise no_key(key_id)
        return self._keys[key_id]
