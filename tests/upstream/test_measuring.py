"""What each make tells of the length of a call, asked over a real socket."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from antiphon.engine.commands import CallUpstream, Measure
from antiphon.engine.replies import Measured
from antiphon.network import Network
from antiphon.testing import ScriptedUpstream, status
from antiphon.transport import Timeouts
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.catalog import Catalog
from antiphon.upstream.measuring import Measurer

BODY = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "tools": [{"type": "function"}], "stream": True}


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    made = Network(Timeouts())
    yield made
    await made.close()


async def measured(
    network: Network, make: str, paths: dict[str, Any], *, key: str | None = None
) -> tuple[Measured, Any]:
    answers = {path: answer if callable(answer) else status(200, answer) for path, answer in paths.items()}
    async with ScriptedUpstream(paths=answers) as upstream:
        catalog = Catalog([Upstream.at("u", upstream.url, key, make)], network)
        asked = Measure(CallUpstream("u", BODY), count=True, window=True)
        return await Measurer(network, catalog).measure(asked), upstream.requests


async def test_vllm(network: Network) -> None:
    answer = {"count": 12, "max_model_len": 4096, "tokens": [1]}
    told, (asked,) = await measured(network, "vllm", {"POST /tokenize": answer}, key="secret")
    assert told == Measured(12, 4096)
    assert asked.json == {name: BODY[name] for name in ("model", "messages", "tools")}
    assert asked.headers["authorization"] == "Bearer secret"


async def test_llamacpp(network: Network) -> None:
    paths = {
        "POST /apply-template": {"prompt": "<s>Hi"},
        "POST /tokenize": {"tokens": [1, 2, 3]},
        "GET /props": {"default_generation_settings": {"n_ctx": 2048}},
    }
    told, asked = await measured(network, "llamacpp", paths)
    assert told == Measured(3, 2048)
    assert asked[1].json == {"content": "<s>Hi"}


@pytest.mark.parametrize(
    ("make", "path", "answer", "window"),
    [
        ("ollama", "GET /api/ps", {"models": [{"name": "x"}, {"name": "m", "context_length": 8192}]}, 8192),
        ("ollama", "GET /api/ps", {"models": None}, None),
        ("lmstudio", "GET /api/v0/models/m", {"max_context_length": 32768}, 32768),
        ("openrouter", "GET /v1/models", {"data": [{"id": "m", "context_length": 9}]}, 9),
        ("groq", "GET /v1/models", {"data": [{"id": "m", "context_window": 131072}]}, 131072),
        ("mistral", "GET /v1/models", {"data": [{"id": "m", "max_context_length": 7}]}, 7),
        ("generic", "GET /v1/models", {"data": [{"id": "m", "meta": {"n_ctx_train": 5}}]}, 5),
        ("generic", "GET /v1/models", {"data": [{"id": "m", "max_model_len": True}]}, None),
        ("generic", "GET /v1/models", [1], None),
        ("llamacpp", "POST /apply-template", {"prompt": None}, None),
        ("vllm", "POST /tokenize", "nonsense", None),
    ],
)
async def test_windows(network: Network, make: str, path: str, answer: Any, window: int | None) -> None:
    told, _ = await measured(network, make, {path: answer})
    assert told == Measured(None, window)


async def test_a_server_that_is_down_tells_nothing(network: Network) -> None:
    catalog = Catalog([Upstream.at("u", "http://127.0.0.1:9", None, "vllm")], network)
    asked = Measure(CallUpstream("u", BODY), count=True, window=True)
    assert await Measurer(network, catalog).in_scope("s").measure(asked) == Measured()
