"""`antiphon keys`: makes, lists and ends the keys of a database; a running server notices within a second.

What is to be read by a program is on standard output: of `create` and `rotate` the key alone, which is shown this once.
Not here: the flags (`key_flags.py`), what a key looks like (`antiphon/keys.py`).
"""

import argparse
import asyncio
import getpass
import socket
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec

from antiphon.config import Config, duration
from antiphon.errors import ConfigFault
from antiphon.keys import PROJECT, PROJECT_HOW, SCOPES, digest, make_key, unknown_scopes
from antiphon.server.keeping import prepared_store_url
from antiphon.sources import chance, live
from antiphon.store.keys import Act, Keys, StoredKey, no_key
from antiphon.store.open import MEMORY, open_store
from antiphon.terminal.serving import say

Said = argparse.Namespace


def keys(said: Said, config: Config) -> int:
    """Carry an action out. Raises `ConfigFault`, `NotFound`, `StoreFault`."""
    url = prepared_store_url(config)
    if url == MEMORY:
        raise ConfigFault("A store in memory ends with its server and has no keys to keep. Name one with --db.")
    return asyncio.run(_within(url, said))


async def _within(url: str, said: Said) -> int:
    store = await open_store(url)
    try:
        await ACTIONS[said.action](store.keys, said)
    finally:
        await store.close()
    return 0


async def _create(kept: Keys, said: Said) -> None:
    if not PROJECT.fullmatch(said.project):
        raise ConfigFault(f"--project {said.project!r} is no name for one: {PROJECT_HOW}.")
    scopes = [word.strip() for word in said.scopes.split(",") if word.strip()]
    if not scopes or (unknown := unknown_scopes(scopes)):
        wrong = f"{unknown[0]!r} is none" if scopes else "none is said"
        raise ConfigFault(f"--scopes: {wrong}. There are {', '.join(SCOPES)}, with commas between.")
    now = live().now()
    expires = None if said.expires is None else now + int(duration(said.expires, "--expires"))
    models = tuple(said.only) if said.only else None
    row = StoredKey(
        id="", project=said.project, name=said.name, digest=b"", scopes=frozenset(scopes), models=models,
        created_at=now, expires_at=expires,
    )  # fmt: skip
    await _make(kept, row, "api_key.created", {})


async def _make(kept: Keys, row: StoredKey, kind: str, detail: dict[str, str]) -> None:
    """Keep a new key like `row`, and show it."""
    new = make_key(chance)
    key = msgspec.structs.replace(row, id=new.id, digest=digest(new.text))
    told = {"name": key.name, "scopes": sorted(key.scopes), "expires_at": key.expires_at}
    models = {"models": list(key.models)} if key.models is not None else {}
    act = _act(key, kind, key.created_at)
    await kept.create(key, msgspec.structs.replace(act, detail={**told, **models, **detail}))
    say(new.text)
    _note(f"The key {key.id} of the project '{key.project}', good {_until(key)}, for: {_good_for(key)}.")
    _note("It is shown this once. Send it as 'Authorization: Bearer KEY'; from now on every request needs one.")


async def _list(kept: Keys, _: Said) -> None:
    rows = await kept.all()
    if not rows:
        _note("There are no keys: on loopback, the server is open. `antiphon keys create --project NAME` makes one.")
        return
    told = [("ID", "PROJECT", "STATE", "GOOD FOR", "NAME")]
    told += [(row.id, row.project, _state(row), _good_for(row), row.name) for row in rows]
    widths = [max(map(len, column)) for column in zip(*told, strict=True)]
    for line in told:
        say("  ".join(f"{word:<{width}}" for word, width in zip(line, widths, strict=True)).rstrip())


async def _revoke(kept: Keys, said: Said) -> None:
    key = await _find(kept, said.key)
    now = live().now()
    await kept.end(key.id, _act(key, "api_key.revoked", now), revoked_at=now)
    say(f"The key {key.id} of the project '{key.project}' is revoked.")


async def _rotate(kept: Keys, said: Said) -> None:
    key, now = await _find(kept, said.key), live().now()
    grace = duration(said.grace, "--grace")
    if not key.valid(now):
        raise ConfigFault(f"The key {key.id} is {_state(key)}: make a new one with `antiphon keys create`.")
    ends = now + int(grace) if key.expires_at is None else min(key.expires_at, now + int(grace))
    await _make(kept, msgspec.structs.replace(key, created_at=now), "api_key.created", {"instead_of": key.id})
    await kept.end(key.id, _act(key, "api_key.rotated", now), expires_at=ends)
    _note(f"The old key {key.id} is good until {_moment(ends)}.")


async def _delete(kept: Keys, said: Said) -> None:
    key = await _find(kept, said.key)
    await kept.delete(key.id, _act(key, "api_key.deleted", live().now()))
    say(f"The key {key.id} of the project '{key.project}' is gone.")


async def _log(kept: Keys, said: Said) -> None:
    for act in (await kept.acts(said.limit)).items:
        say(f"{_moment(act.at)}  {act.kind:<16}  {act.subject:<14}  {act.project:<16}  {act.actor}")


ACTIONS: dict[str, Callable[[Keys, Said], Awaitable[None]]] = {
    "create": _create, "list": _list, "revoke": _revoke, "rotate": _rotate, "delete": _delete, "log": _log,
}  # fmt: skip


async def _find(kept: Keys, key_id: str) -> StoredKey:
    """The key of an id. Raises `NotFound`."""
    for key in await kept.all():
        if key.id == key_id:
            return key
    raise no_key(key_id)


def _act(key: StoredKey, kind: str, now: int) -> Act:
    return Act(at=now, kind=kind, project=key.project, subject=key.id, actor=_whoever(), detail={"name": key.name})


def _whoever() -> str:
    """Who sits at the terminal, for the log."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "somebody"
    return f"{user}@{socket.gethostname()}"


def _state(key: StoredKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {_moment(key.revoked_at)}"
    if not key.valid(live().clock()):
        return f"expired {_moment(key.expires_at or 0)}"
    return _until(key)


def _until(key: StoredKey) -> str:
    return "until it is revoked" if key.expires_at is None else f"until {_moment(key.expires_at)}"


def _good_for(key: StoredKey) -> str:
    scopes = ", ".join(scope for scope in SCOPES if scope in key.scopes)
    return scopes if key.models is None else f"{scopes}; models {' '.join(key.models)}"


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _note(line: str) -> None:
    """For a person; a script that takes the key from standard output doesn't see it."""
    print(line, file=sys.stderr)
