"""Model servers are known by what they answer."""

from typing import Any

import pytest

from antiphon.errors import ConfigFault
from antiphon.network import Network
from antiphon.upstream.addresses import Upstream
from antiphon.upstream.discovery import USUAL_PORTS, discover, make_of

Answers = dict[str, Any]


def models(*owners: str) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": f"m{at}", "owned_by": owner} for at, owner in enumerate(owners)]}


OLLAMA = {"/v1/models": models("library"), "/api/version": {"version": "0.12.3"}}
VLLM = {"/v1/models": models("vllm"), "/version": {"version": "0.10"}}
LLAMACPP = {
    "/v1/models": models("llamacpp"),
    "/v1/health": {"status": "ok"},
    "/props": {"default_generation_settings": {}, "total_slots": 1},
}
# LM Studio answers every path with 200.
LMSTUDIO = {
    "/v1/models": models("organization_owner"),
    "/v1/health": {"error": "Unexpected endpoint or method. (GET /v1/health)"},
    "/api/version": {"error": "Unexpected endpoint or method. (GET /api/version)"},
    "/props": {"error": "Unexpected endpoint or method. (GET /props)"},
    "/api/v0/models": {"object": "list", "data": [{"id": "m", "type": "llm", "publisher": "x"}]},
}
OURSELVES = {"/v1/models": models("vllm", "library"), "/v1/health": {"status": "OK"}}


@pytest.mark.parametrize(
    ("answers", "make"),
    [
        (OLLAMA, "ollama"),
        (OLLAMA | {"/v1/models": {"object": "list", "data": None}}, "ollama"),
        (VLLM, "vllm"),
        (LLAMACPP, "llamacpp"),
        (LLAMACPP | {"/v1/models": models("me")}, "llamacpp"),
        (LMSTUDIO, "lmstudio"),
        (LMSTUDIO | {"/v1/models": models()}, "lmstudio"),
        (OURSELVES, None),
        ({"/v1/models": models("somebody")}, None),
        ({"/v1/models": {"error": "x"}, "/api/version": {"version": "1"}}, None),
        ({"/v1/models": [], "/api/version": {"version": "1"}}, None),
        ({"/api/version": {"version": "1"}}, None),
        ({"/v1/models": models("library"), "/api/version": ["1"]}, None),
        ({"/v1/models": {"data": ["x"]}}, None),
        ({}, None),
    ],
)
def test_makes(answers: Answers, make: str | None) -> None:
    assert make_of(answers) == make


async def start(server: Any, answers: Answers) -> int:
    by_path = {path: server.whole(200, answer) for path, answer in answers.items()}
    scripted = await server.start(server.whole(404, b"no"), by_path=by_path)
    port: int = scripted.port
    return port


async def test_what_answers_is_found_wherever_it_is(server: Any, network: Network) -> None:
    ports = {"Ollama": await start(server, VLLM), "vLLM": await start(server, OLLAMA), "llama.cpp": 1}
    discovery = await discover(network, ports=ports)
    assert discovery.found == [
        Upstream("vllm", f"http://127.0.0.1:{ports['Ollama']}/v1", dialect="vllm"),
        Upstream("ollama", f"http://127.0.0.1:{ports['vLLM']}/v1", dialect="ollama"),
    ]
    assert discovery.looked_for == [
        f"Ollama on port {ports['Ollama']}: found vllm",
        f"vLLM on port {ports['vLLM']}: found ollama",
        "llama.cpp on port 1: nothing answers",
        "OPENAI_API_KEY in the environment: not set",
    ]


async def test_two_of_one_make(server: Any, network: Network) -> None:
    ports = {"llama.cpp": await start(server, LLAMACPP), "vLLM": await start(server, LLAMACPP)}
    discovery = await discover(network, ports=ports)
    assert [upstream.name for upstream in discovery.found] == [f"llamacpp-{port}" for port in ports.values()]


async def test_what_isnt_taken_for_an_upstream(server: Any, network: Network) -> None:
    locked = await server.start(server.whole(401, {"error": "key"}))
    page = await server.start(server.whole(200, b"<html>", content_type="text/html"))
    ports = {"a": await start(server, OURSELVES), "b": locked.port, "c": page.port, "d": await start(server, {})}
    discovery = await discover(network, ports=ports)
    assert discovery.found == []
    own, key, html, nothing, _ = discovery.looked_for
    assert own.endswith("this program itself")
    assert "wants a key" in key
    assert "something else answers" in html
    assert "something else answers" in nothing


async def test_the_key_of_the_environment(network: Network) -> None:
    discovery = await discover(network, "sk-1", ports={})
    assert discovery.found == [Upstream("openai", "https://api.openai.com/v1", "sk-1", "openai")]
    assert discovery.looked_for == ["OPENAI_API_KEY in the environment: set"]


async def test_the_address_of_the_environment(network: Network) -> None:
    discovery = await discover(network, "sk-1", "http://gateway:4000/", ports={})
    assert discovery.found == [Upstream("openai", "http://gateway:4000/v1", "sk-1")]
    with pytest.raises(ConfigFault):
        await discover(network, "sk-1", "ftp://x", ports={})


def test_the_usual_ports() -> None:
    assert USUAL_PORTS == {"Ollama": 11434, "LM Studio": 1234, "llama.cpp": 8080, "vLLM": 8000}
