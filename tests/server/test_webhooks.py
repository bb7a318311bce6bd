"""The webhooks of a server, by its settings."""

from pathlib import Path

import pytest

from antiphon.config import Config, Environment, load
from antiphon.errors import AddressRefused, ConfigFault
from antiphon.network import Network
from antiphon.runner.webhooks import Endpoint, request_of
from antiphon.server.webhooks import endpoints_of, guarded
from antiphon.store.deliveries import Delivery
from antiphon.testing import ScriptedUpstream, status

TOML = """
[webhooks.shop]
url = "https://shop.example/hook"
secret-env = "SHOP_SECRET"
events = ["response.failed"]
"""
MESSAGE = Delivery(project="p", id="evt_1", endpoint="shop", body=b"{}", created_at=1, due=1.0)


def test_they_stand_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "antiphon.toml").write_text(TOML)
    config = load({}, {}, tmp_path)
    assert config.webhooks["shop"].events == ("response.failed",)
    [endpoint] = endpoints_of(config, Environment(variables={"SHOP_SECRET": "key"})).values()
    assert endpoint.keys == (b"key",)
    with pytest.raises(ConfigFault, match="SHOP_SECRET"):
        endpoints_of(config, Environment(variables={}))
    config = load({"cassette": "tape.jsonl", "mode": "replay"}, {}, tmp_path)
    assert endpoints_of(config, Environment(variables={})) == {}


def test_an_event_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "antiphon.toml").write_text(TOML.replace("failed", "begun"))
    with pytest.raises(ConfigFault, match="webhooks"):
        load({}, {}, tmp_path)


@pytest.mark.parametrize(
    ("host", "private", "allowed"),
    [
        ("127.0.0.1", False, True),
        ("10.0.0.1", False, False),
        ("10.0.0.1", True, True),
    ],
)
async def test_only_allowed_addresses_are_called(host: str, *, private: bool, allowed: bool) -> None:
    network = Network()
    with ScriptedUpstream(status(200)) as receiver:
        endpoint = Endpoint(receiver.url, (b"key",), allow_private=private)
        sent = guarded(network, Config(host=host))(endpoint, request_of(endpoint, MESSAGE, 5))
        if allowed:
            await (await sent).close()
        else:
            with pytest.raises(AddressRefused):
                await sent
    assert len(receiver.requests) == allowed
    await network.close()
