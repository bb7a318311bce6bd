"""Callers by the tokens of an issuer (OpenID Connect): checked with the issuer's keys, which are fetched and kept.

The keys are asked for again when they are an hour old, and when a token names one that isn't known: at most every ten
seconds, so that nobody can have the issuer asked at will. While the issuer doesn't answer, the keys that are known are
good for a day. Not here: what claims mean (`antiphon/oidc.py`). Counterpart: `access.py`, which asks this for what is
no key of its own.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping
from importlib import import_module
from math import inf
from typing import Any

import msgspec

from antiphon.errors import AntiphonError, ConfigFault, UpstreamGarbage
from antiphon.oidc import OidcSettings, check, project_in, scopes_in
from antiphon.server.callers import Caller
from antiphon.transport import HttpRequest, Transport
from antiphon.upstream.reading import read_at_most

log = logging.getLogger("antiphon")

LIFETIME, STALE, AGAIN = 3600.0, 86400.0, 10.0
"""Seconds after which keys are asked for again, after which they are no good, and between two askings."""
SECOND, MOST = 1.0, 2000
"""How long a token that was checked needn't be checked again, and how many of these are remembered."""
LONGEST_TOKEN, LONGEST_ANSWER, PATIENCE = 16 * 1024, 512 * 1024, 10.0
PARTS = 3
NAME = "oidc"


class IssuerTokens:
    """Implements `Tokens` of `access.py`. `clock` never goes back."""

    def __init__(self, settings: OidcSettings, transport: Transport, clock: Callable[[], float]) -> None:
        """Raises `ConfigFault` for settings that are none, or without the package that checks tokens."""
        check(settings)
        self._settings = settings
        self._jwt = _library()
        self._transport = transport
        self._clock = clock
        self._keys: dict[str | None, Any] = {}
        self._fetched_at = self._asked_at = -inf
        self._fetching = asyncio.Lock()
        self._checked: dict[bytes, tuple[float, Caller]] = {}

    async def caller(self, token: str) -> Caller | None:
        """Whom a token stands for; None for none that counts here. Raises a fault where the issuer can't be asked."""
        if len(token) > LONGEST_TOKEN or token.count(".") != PARTS - 1:
            return None
        seal, now = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest(), self._clock()
        until, known = self._checked.get(seal, (-inf, None))
        if known is not None and now < until:
            return known
        caller = await self._check(token)
        if caller is not None:
            if len(self._checked) >= MOST:
                self._checked.clear()
            self._checked[seal] = (now + SECOND, caller)
        return caller

    async def _check(self, token: str) -> Caller | None:
        jwt, settings = self._jwt, self._settings
        try:
            header = jwt.get_unverified_header(token)
            unverified = jwt.decode(token, options={"verify_signature": False})
            # Nobody is asked for what doesn't even claim to be of this issuer, or in an algorithm that doesn't count.
            if unverified.get("iss") != settings.issuer or header.get("alg") not in settings.algorithms:
                return None
            key = await self._key(header.get("kid"))
            if key is None:
                return None
            claims = jwt.decode(
                token,
                key=key,
                algorithms=list(settings.algorithms),
                audience=settings.audience,
                issuer=settings.issuer,
                leeway=settings.leeway,
                options={"require": ["exp", "iss", "aud"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            return None
        return self._caller(claims)

    def _caller(self, claims: Mapping[str, Any]) -> Caller | None:
        project = project_in(claims, self._settings)
        if project is None:
            return None
        subject = claims.get("sub")
        return Caller(project, scopes_in(claims, self._settings), None, f"sub:{subject}" if subject else None)

    async def _key(self, key_id: object) -> Any:  # noqa: ANN401 - the library's
        """The issuer's key of an id; its only one where a token names none."""
        await self._refresh(unless=lambda: self._found(key_id) is not None)
        return self._found(key_id)

    def _found(self, key_id: object) -> Any:  # noqa: ANN401 - the library's
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id) if isinstance(key_id, str) else None

    async def _refresh(self, unless: Callable[[], bool]) -> None:
        """Ask for the keys, where they are too old or one is lacking, and not asked for just now."""
        if self._fresh(unless):
            return
        async with self._fetching:
            if self._fresh(unless) or self._clock() - self._asked_at < AGAIN:
                return
            self._asked_at = self._clock()
            try:
                self._keys = await self._fetch()
                self._fetched_at = self._clock()
            except AntiphonError as fault:
                if self._clock() - self._fetched_at > STALE:
                    self._keys = {}
                    raise
                log.warning("the issuer %s can't be asked for its keys: %s", self._settings.issuer, fault.message)

    def _fresh(self, unless: Callable[[], bool]) -> bool:
        return self._clock() - self._fetched_at < LIFETIME and unless()

    async def _fetch(self) -> dict[str | None, Any]:
        place = self._settings.jwks_uri or await self._discovered()
        told = await self._json(place)
        keys: dict[str | None, Any] = {}
        for each in told.get("keys") or []:
            # Others have their uses, such as encryption, or a form that the library doesn't know.
            if isinstance(each, dict) and each.get("use", "sig") == "sig" and each.get("kty") != "oct":
                try:
                    keys[each.get("kid")] = self._jwt.PyJWK(each).key
                except self._jwt.PyJWTError:
                    continue
        if not keys:
            raise UpstreamGarbage(f"The issuer gives no keys for signatures at {place}.")
        return keys

    async def _discovered(self) -> str:
        told = await self._json(f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        if told.get("issuer") != self._settings.issuer:
            raise UpstreamGarbage(f"What is found at the issuer {self._settings.issuer} is of {told.get('issuer')!r}.")
        place = str(told.get("jwks_uri"))
        check(msgspec.structs.replace(self._settings, jwks_uri=place))
        return place

    async def _json(self, url: str) -> dict[str, Any]:
        """A document of the issuer's. Raises an `UpstreamFault`."""
        answer = await self._transport.send(HttpRequest("GET", url, NAME, headers={"accept": "application/json"}))
        try:
            body = await read_at_most(answer, LONGEST_ANSWER, PATIENCE)
        finally:
            await answer.close()
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.MsgspecError:
            raise UpstreamGarbage(f"The issuer answered {answer.status} and no JSON object at {url}.") from None


def _library() -> Any:  # noqa: ANN401 - a module that few have installed
    try:
        return import_module("jwt")
    except ModuleNotFoundError as error:
        raise ConfigFault("[oidc] needs the package pyjwt: pip install 'antiphon[oidc]'.") from error
