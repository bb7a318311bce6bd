"""What the claims of tokens mean here."""

from typing import Any

import pytest

from antiphon.errors import ConfigFault
from antiphon.oidc import OidcSettings, check, project_in, scopes_in


def settings(**more: Any) -> OidcSettings:
    return OidcSettings(**({"issuer": "https://id.example", "audience": "a"} | more))


@pytest.mark.parametrize(
    ("claims", "more", "project"),
    [
        ({"project": "blue"}, {}, "blue"),
        ({}, {}, None),
        ({"project": ["blue"]}, {}, None),
        ({"project": "../blue"}, {}, None),
        ({"project": ""}, {}, None),
        ({"org": {"team": "t1"}}, {"project_claim": "org.team"}, "t1"),
        ({"https://x.example/team": "t1"}, {"project_claim": "https://x.example/team"}, "t1"),
        ({"org": "t1"}, {"project_claim": "org.team"}, None),
        ({"project": "t1"}, {"projects": {"t1": "blue"}}, "blue"),
        ({"project": "t2"}, {"projects": {"t1": "blue"}}, None),
    ],
)
def test_the_project(claims: dict[str, Any], more: dict[str, Any], project: str | None) -> None:
    assert project_in(claims, settings(**more)) == project


@pytest.mark.parametrize(
    ("claims", "more", "scopes"),
    [
        ({"scope": "read openid write"}, {}, {"read", "write"}),
        ({"scope": ["admin", 1]}, {}, {"admin"}),
        ({"scope": {"read": 1}}, {}, set()),
        ({}, {"default_scopes": ["read"]}, {"read"}),
        ({"realm": {"roles": ["user"]}}, {"scope_claim": "realm.roles", "scopes": {"user": ["inference", "read"]}}, {"inference", "read"}),
        ({"scope": "admin"}, {"scopes": {"user": ["read"]}}, set()),
    ],
)  # fmt: skip
def test_the_scopes(claims: dict[str, Any], more: dict[str, Any], scopes: set[str]) -> None:
    assert scopes_in(claims, settings(**more)) == scopes


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"issuer": "http://id.example"}, "isn't https"),
        ({"jwks_uri": "http://id.example/keys"}, "isn't https"),
        ({"issuer": "http://localhost.evil.example"}, "isn't https"),
        ({"audience": ""}, "needs an audience"),
        ({"algorithms": ("HS256",)}, "'HS256' is no algorithm"),
        ({"algorithms": ("none",)}, "'none' is no algorithm"),
        ({"algorithms": ()}, "'none' is no algorithm"),
        ({"scopes": {"x": ["root"]}}, "'root' is no scope"),
        ({"projects": {"x": "a b"}}, "'a b' is no name"),
    ],
)
def test_settings_that_would_let_in_others(more: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigFault, match=told):
        check(settings(**more))
    check(settings(issuer="http://127.0.0.1:8080/realms/a"))
