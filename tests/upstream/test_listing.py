"""The model lists of different servers, and what goes wrong in fetching one."""

from typing import Any

import pytest

from antiphon.errors import UpstreamGarbage, UpstreamRefused, UpstreamTimeout, UpstreamUnavailable
from antiphon.network import Network
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.listing import list_models, models_in, windows_in
from antiphon.wire.models import Model

UP = Upstream("up", "http://up/v1")


@pytest.mark.parametrize(
    ("body", "models"),
    [
        (b'{"object":"list","data":[{"id":"a","object":"model","created":7,"owned_by":"x"}]}', [Model("a", 7, "x")]),
        (b'{"object":"list","data":null}', []),
        (b'{"data":[],"models":[1]}', []),
        (b'[{"id":"a","created":7.5}]', [Model("a", 7, "up")]),
        (b'{"data":[{"id":"a","created":null,"owned_by":null},{"id":7},"b",{}]}', [Model("a", 0, "up")]),
        (b'{"data":[{"id":"a","created":"2024","owned_by":""}]}', [Model("a", 0, "up")]),
        (b'[{"id":"a"},{"id":""},{"id":"a","created":7}]', [Model("a", 7, "up")]),
    ],
)
def test_lists(body: bytes, models: list[Model]) -> None:
    assert models_in(body, UP) == models


@pytest.mark.parametrize(
    ("body", "windows"),
    [
        (b'{"data":[{"id":"a","max_model_len":4096},{"id":"b"}]}', {"a": 4096}),
        (b'[{"id":"a","context_length":8192,"max_model_len":null}]', {"a": 8192}),
        (b'{"data":[{"id":"a","meta":{"n_ctx_train":32768}},{"id":"b","meta":null}]}', {"a": 32768}),
        (b'{"data":[{"id":"a","context_window":"many"},{"id":"b","context_length":0}]}', {}),
        (b'{"data":null}', {}),
    ],
)
def test_context_windows(body: bytes, windows: dict[str, int]) -> None:
    assert windows_in(body, UP) == windows


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[" * 100_000, b"7", b'{"data":7}', b'{"error":"x"}', b'{"data":"x"}']
)
def test_what_isnt_a_list(body: bytes) -> None:
    with pytest.raises(UpstreamGarbage, match="'up' lists no models"):
        models_in(body, UP)


async def test_the_key_is_shown(server: Any, network: Network) -> None:
    up = await server.start(server.whole(200, {"data": [{"id": "a", "created": 1, "owned_by": "x"}]}))
    listing = await list_models(network, Upstream("up", up.url, "sk-1"))
    assert (listing.models, listing.fault) == ([Model("a", 1, "x")], None)
    assert (up.asked[0].method, up.asked[0].path) == ("GET", "/v1/models")
    assert up.asked[0].headers["authorization"] == "Bearer sk-1"


async def test_a_refusal(server: Any, network: Network) -> None:
    up = await server.start(server.whole(401, {"error": {"message": "no key"}}))
    listing = await list_models(network, up.upstream)
    assert listing.models == []
    assert isinstance(listing.fault, UpstreamRefused)
    assert listing.fault.message == "no key"


async def test_nobody_there(server: Any, network: Network) -> None:
    up = await server.start(server.whole(200))
    await server.exits.aclose()
    assert isinstance((await list_models(network, up.upstream)).fault, UpstreamUnavailable)


async def test_silence(server: Any, network: Network) -> None:
    up = await server.start([b"HANG"])
    listing = await list_models(network, up.upstream, seconds=0.05)
    assert isinstance(listing.fault, UpstreamTimeout)
    assert "within 0.05 s" in listing.fault.message
