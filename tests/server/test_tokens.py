"""Tokens of a real small issuer: whom they stand for, keys that change, and what is no token."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from issuer import AUDIENCE, Issuer, an_issuer
from made_keys import Operator, bearer
from running_server import running_server

from antiphon.errors import AntiphonError, ConfigFault
from antiphon.network import Network
from antiphon.oidc import OidcSettings
from antiphon.server.callers import Caller
from antiphon.server.tokens import AGAIN, LIFETIME, STALE, IssuerTokens

READER = Caller("blue", frozenset({"read"}), None, "sub:ann")


class Desk:
    """Tokens of an issuer, by a clock that stands still until it is moved."""

    def __init__(self, issuer: Issuer, network: Network, **more: Any) -> None:
        self.now = 1000.0
        said = {"issuer": issuer.url, "audience": AUDIENCE} | more
        self.tokens = IssuerTokens(OidcSettings(**said), network, lambda: self.now)

    async def caller(self, token: str) -> Caller | None:
        return await self.tokens.caller(token)


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    made = Network()
    yield made
    await made.close()


@pytest.fixture
def issuer() -> Any:
    with an_issuer() as made:
        yield made


async def test_a_token_stands_for_its_project_and_scopes(issuer: Issuer, network: Network) -> None:
    desk = Desk(issuer, network)
    token = issuer.token("one")
    assert await desk.caller(token) == READER
    assert await desk.caller(token) == READER
    assert issuer.fetched == ["/.well-known/openid-configuration", "/keys"]
    assert await desk.caller(issuer.token("one", sub=None)) == Caller("blue", frozenset({"read"}), None, None)


async def test_what_is_no_token_of_this_issuer(issuer: Issuer, network: Network) -> None:
    desk = Desk(issuer, network)
    good = issuer.token("one")
    head, body, _ = good.split(".")
    other = Issuer()
    other.rotate("one")
    for token in (
        "", "sk-ap-1", "a.b.c", "." * 20000, f"{head}.{body}.", f"{head}.{body}.AAAA", "\udcff.\udcff.\udcff",
        jwt.encode({"iss": issuer.url, "aud": AUDIENCE, "exp": time.time() + 9}, "", "none"),
        # The public key as if it were a shared secret.
        issuer.token("one", "HS256", key="secret" * 8),
        other.token("one", iss=issuer.url),
        issuer.token("one", aud="another"), issuer.token("one", aud=None), issuer.token("one", exp=time.time() - 60),
        issuer.token("one", exp=None), issuer.token("one", iss="https://else.example"), issuer.token("one", iss=None),
        issuer.token("one", nbf=time.time() + 600), issuer.token("one", project=None), issuer.token("one", project="a b"),
        issuer.token("one", "PS256"),
    ):  # fmt: skip
        assert await desk.caller(token) is None, token


async def test_a_new_key_is_fetched_when_a_token_names_it(issuer: Issuer, network: Network) -> None:
    desk = Desk(issuer, network, jwks_uri=f"{issuer.url}/keys")
    old = issuer.token("one")
    assert await desk.caller(old) == READER
    issuer.rotate("two", curve=True)
    new = issuer.token("two", "ES256")
    # Whoever makes ids up can't have the issuer asked at will.
    assert await desk.caller(new) is None
    assert issuer.fetched == ["/keys"]
    desk.now += AGAIN
    assert await desk.caller(new) == READER
    assert await desk.caller(old) is None
    assert issuer.fetched == ["/keys"] * 2
    desk.now += LIFETIME
    assert await desk.caller(new) == READER
    assert issuer.fetched == ["/keys"] * 3


async def test_while_the_issuer_is_down_its_keys_are_good_for_a_day(issuer: Issuer, network: Network) -> None:
    desk = Desk(issuer, network)
    token = issuer.token("one")
    assert await desk.caller(token) == READER
    issuer.down = True
    desk.now += LIFETIME
    assert await desk.caller(token) == READER
    desk.now += STALE
    with pytest.raises(AntiphonError):
        await desk.caller(token)
    assert await desk.caller(token) is None


async def test_an_issuer_that_says_it_is_another(issuer: Issuer, network: Network) -> None:
    issuer.claimed_issuer = "https://else.example"
    with pytest.raises(AntiphonError, match=r"is of 'https://else\.example'"):
        await Desk(issuer, network).caller(issuer.token("one"))


async def test_a_token_without_a_key_id_is_of_the_only_key(issuer: Issuer, network: Network) -> None:
    claims = jwt.decode(issuer.token("one"), options={"verify_signature": False})
    bare = jwt.encode(claims, issuer.private["one"], "RS256")
    assert await Desk(issuer, network).caller(bare) == READER
    issuer.rotate("two", keep=True)
    assert await Desk(issuer, network).caller(bare) is None


def test_a_server_takes_tokens_and_keys(issuer: Issuer, tmp_path: Path) -> None:
    table = f'[oidc]\nissuer = "{issuer.url}"\naudience = "{AUDIENCE}"\nproject-claim = "org.team"\n'
    (tmp_path / "antiphon.toml").write_text(
        f'{table}[oidc.projects]\nteam-1 = "blue"\n[oidc.scopes]\na-user = ["read"]\n'
    )
    operator = Operator(f"sqlite:///{tmp_path}/a.db")
    key = operator.key("blue")
    token = issuer.token("one", org={"team": "team-1"}, scope="a-user")
    with running_server("--upstream", "up=http://127.0.0.1:9/v1", "--db", operator.db, folder=tmp_path) as server:
        made = server.post({"metadata": {"a": "b"}}, "/conversations", bearer(key)).json
        found = server.get(f"/conversations/{made['id']}", headers=bearer(token))
        assert (found.status, found.json["metadata"]) == (200, {"a": "b"})
        assert server.post({}, "/conversations", bearer(token)).status == 403
        other = issuer.token("one", org={"team": "team-2"}, scope="a-user")
        assert server.get(f"/conversations/{made['id']}", headers=bearer(other)).status == 401
        issuer.down = True
        assert server.get(f"/conversations/{made['id']}", headers=bearer(token)).status == 200
        assert server.get("/models").status == 401


def test_settings_are_looked_at_first() -> None:
    with pytest.raises(ConfigFault):
        IssuerTokens(OidcSettings(issuer="http://x.example", audience="a"), Network(), time.monotonic)
