import json

import pytest
from cassettes.tapes import asked, chat, interaction, request

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.interaction import Answered, Chunk, End, Interaction, Origin
from antiphon.cassettes.redaction import redact_request
from antiphon.cassettes.upstreams import KnownUpstream, base_url, upstream_name, upstreams
from antiphon.transport import HttpRequest


@pytest.mark.parametrize(
    ("url", "model", "name"),
    [
        ("http://0.0.0.0:11434/v1/models", "", "ollama"),
        ("http://localhost:11434/api/ps", "", "ollama"),
        ("http://127.0.0.1:8000/v1/models", "", "vllm"),
        ("http://localhost:8080/v1/models", "Qwen/Qwen3-0.6B", "vllm"),
        ("http://localhost:8080/v1/models", "qwen3", "llamacpp"),
        ("http://localhost:1234/v1/models", "", "lmstudio"),
        ("http://localhost:9999/v1", "", "local-9999"),
        ("http://localhost/v1", "", "local"),
        ("https://api.openai.com/v1/models", "", "openai"),
        ("https://api.fireworks.ai/inference/v1/models", "", "fireworks"),
        ("https://me-eastus2.cognitiveservices.azure.com/openai/v1", "", "azure"),
        ("https://corp.example.org/v1", "", "corp.example.org"),
        ("http://[fe80::1]:5000/v1", "", "fe80--1"),
        ("/v1", "", "upstream"),
    ],
)
def test_names(url: str, model: str, name: str) -> None:
    assert upstream_name(url, model) == name


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://api.fireworks.ai/inference/v1/chat/completions", "https://api.fireworks.ai/inference/v1"),
        ("http://h:1/v1", "http://h:1/v1"),
        ("http://h:1/v1/models?a=/v1/x", "http://h:1/v1"),
        ("http://h:1/api/chat", "http://h:1/v1"),
        ("http://h/v1beta/openai/v1/models", "http://h/v1beta/openai/v1"),
    ],
)
def test_base_urls(url: str, base: str) -> None:
    assert base_url(url) == base


def listed(body: bytes) -> Interaction:
    models = redact_request(HttpRequest("GET", "http://h:1/v1/models", "own"))
    return Interaction(9, models, End.COMPLETE, Origin("t"), lambda: Answered(200, {}, (Chunk(0, body),), End.COMPLETE))


def test_models_come_from_requests_and_from_recorded_lists() -> None:
    body = json.dumps({"object": "list", "data": [{"id": "b", "object": "model"}, {"id": "a"}]}).encode()
    cassette = Cassette(
        "t", 5, [interaction(chat("hi", model="a"), upstream="own"), listed(body), interaction(b"", upstream="own")]
    )
    assert upstreams(cassette) == [KnownUpstream("own", "http://127.0.0.1:11434/v1", ("a", "b"))]


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error": {}}', b"[]", b"[" * 100_000])
def test_a_list_that_is_none_tells_nothing(body: bytes) -> None:
    assert upstreams(Cassette("t", 5, [listed(body)])) == [KnownUpstream("own", "http://h:1/v1", ())]


def test_an_address_with_a_version_is_preferred_and_what_is_no_address_passed_over() -> None:
    native = Interaction(
        1,
        asked(chat("hi"), url="http://h:1/api/chat"),
        End.COMPLETE,
        Origin("t"),
        lambda: Answered(200, {}, (), End.COMPLETE),
    )
    tool = Interaction(
        2, redact_request(request({}, url="tool://tavily/web_search")), End.COMPLETE, Origin("t"), native.load
    )
    found = upstreams(Cassette("t", 5, [native, interaction(chat("hi")), tool]))
    assert found == [KnownUpstream("ollama", "http://127.0.0.1:11434/v1", ("llama3.2",))]
