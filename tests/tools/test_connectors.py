"""Connectors: what a request needn't bring along."""

from typing import Any

import pytest

from antiphon.errors import ConfigFault
from antiphon.tools.connectors import Connector, ConnectorSettings, make_connectors
from antiphon.wire.mcp import McpTool

URL = "http://127.0.0.1/mcp"
SECRETS = {"TOKEN": "tok-1", "TENANT": "t-1"}


def key(variable: str, name: str) -> str:
    if variable not in SECRETS:
        raise ConfigFault(f"The connector {name!r} takes its key from ${variable}, which isn't set.")
    return SECRETS[variable]


def made(**more: Any) -> Connector:
    settings = ConnectorSettings(server_url=URL, **more)
    return make_connectors({"notes": settings}, key)["notes"]


def test_credentials_come_from_variables() -> None:
    connector = made(authorization_env="TOKEN", headers_env={"X-Tenant": "TENANT"}, allow_private=True)
    assert connector == Connector(URL, "tok-1", {"X-Tenant": "t-1"}, allow_private=True)
    assert "tok-1" not in repr(connector)


@pytest.mark.parametrize(
    ("said", "authorization", "headers"),
    [
        ({}, "tok-1", {"X-Tenant": "t-1"}),
        ({"authorization": "own"}, "own", {"X-Tenant": "t-1"}),
        ({"headers": {"x-tenant": "t-2"}}, "tok-1", {"x-tenant": "t-2"}),
        ({"headers": {"Authorization": "Basic x"}}, None, {"X-Tenant": "t-1", "Authorization": "Basic x"}),
    ],
)
def test_what_the_request_brings_goes_before(said: Any, authorization: str | None, headers: Any) -> None:
    connector = made(authorization_env="TOKEN", headers_env={"X-Tenant": "TENANT"})
    whole = connector.given(McpTool(server_label="n", connector_id="notes", **said))
    assert (whole.server_url, whole.authorization, whole.headers) == (URL, authorization, headers)


def test_a_configured_header_gives_way_too() -> None:
    connector = made(headers_env={"Authorization": "TOKEN"})
    whole = connector.given(McpTool(server_label="n", connector_id="notes", authorization="own"))
    assert (whole.authorization, whole.headers) == ("own", {})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"server_url": "notes.example"}, "server_url"),
        ({"server_url": URL, "authorization_env": "GONE"}, "GONE"),
        ({"server_url": URL, "headers_env": {"Host": "TENANT"}}, "host"),
        ({"server_url": URL, "authorization_env": "TOKEN", "headers_env": {"Authorization": "TOKEN"}}, "headers"),
    ],
)
def test_a_connector_that_is_none(settings: Any, said: str) -> None:
    with pytest.raises(ConfigFault, match=said):
        make_connectors({"notes": ConnectorSettings(**settings)}, key)
