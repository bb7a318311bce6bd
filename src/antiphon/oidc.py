"""What the claims of somebody else's tokens mean here: the settings of `[oidc]`, pure.

Not here: signatures and the issuer's keys (`server/tokens.py`). Counterpart: `keys.py`, the keys of this server's own.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from antiphon.errors import ConfigFault
from antiphon.keys import ALL, unknown_scopes

SAFE = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""Algorithms in which whoever checks a token can't make one."""
PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LOCAL = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$)")


class OidcSettings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, frozen=True):
    """`[oidc]` of antiphon.toml.

    `project_claim` and `scope_claim` are paths of claims, with dots between. `projects` and `scopes` say what the
    values of these mean here, where they aren't the names themselves; what isn't in them then counts for nothing.
    """

    issuer: str
    audience: str
    algorithms: tuple[str, ...] = ("RS256", "ES256")
    jwks_uri: str | None = None
    project_claim: str = "project"
    projects: dict[str, str] | None = None
    scope_claim: str = "scope"
    scopes: dict[str, list[str]] | None = None
    default_scopes: list[str] = []
    leeway: float = 30.0


def check(settings: OidcSettings) -> None:
    """Raise `ConfigFault` for settings that would let in whoever shouldn't."""
    for url in (settings.issuer, settings.jwks_uri or settings.issuer):
        if not (url.startswith("https://") or LOCAL.match(url)):
            raise ConfigFault(f"[oidc]: {url!r} isn't https, so that anybody on the way could give out keys.")
    if not settings.audience:
        raise ConfigFault("[oidc] needs an audience: without one, tokens that are meant for others would do.")
    if not settings.algorithms or (unsafe := sorted(set(settings.algorithms) - SAFE)):
        what = unsafe[0] if settings.algorithms else "none"
        raise ConfigFault(
            f"[oidc]: {what!r} is no algorithm for an issuer's tokens: say some of {', '.join(sorted(SAFE))}."
        )
    named = [scope for scopes in (settings.scopes or {}).values() for scope in scopes]
    if unknown := unknown_scopes([*named, *settings.default_scopes]):
        raise ConfigFault(f"[oidc]: {unknown[0]!r} is no scope: there are {', '.join(sorted(ALL))}.")
    if wrong := [project for project in (settings.projects or {}).values() if not PROJECT.fullmatch(project)]:
        raise ConfigFault(f"[oidc]: {wrong[0]!r} is no name for a project.")


def project_in(claims: Mapping[str, Any], settings: OidcSettings) -> str | None:
    """The project that a token is for; None where it names none that counts here."""
    value = _at(claims, settings.project_claim)
    if not isinstance(value, str):
        return None
    project = value if settings.projects is None else settings.projects.get(value)
    return project if project is not None and PROJECT.fullmatch(project) else None


def scopes_in(claims: Mapping[str, Any], settings: OidcSettings) -> frozenset[str]:
    """What a token is good for."""
    value = _at(claims, settings.scope_claim)
    words = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    said = [word for word in words if isinstance(word, str)]
    if settings.scopes is None:
        return frozenset(ALL.intersection(said)) | frozenset(settings.default_scopes)
    return frozenset(scope for word in said for scope in settings.scopes.get(word, ())) | set(settings.default_scopes)


def _at(claims: Mapping[str, Any], path: str) -> object:
    """The claim of this name, else the one at this path."""
    if path in claims:
        return claims[path]
    value: object = claims
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
