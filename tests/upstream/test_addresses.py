"""What an operator may write for an upstream, and what is told from it."""

import pytest

from antiphon.errors import ConfigFault
from antiphon.upstream.addresses import Target, Upstream, base_url, dialect_for


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("http://host:11434", "http://host:11434/v1"),
        ("http://host:11434/", "http://host:11434/v1"),
        ("http://host:11434/v1", "http://host:11434/v1"),
        ("http://host:11434/v1//", "http://host:11434/v1"),
        ("localhost:8000", "http://localhost:8000/v1"),
        ("example.com", "http://example.com/v1"),
        (" https://api.openai.com/v1 ", "https://api.openai.com/v1"),
        ("https://api.fireworks.ai/inference/v1", "https://api.fireworks.ai/inference/v1"),
        ("https://x.databricks.com/serving-endpoints/", "https://x.databricks.com/serving-endpoints"),
        ("http://host/v1/chat/completions", "http://host/v1"),
        ("http://host/v1/models/", "http://host/v1"),
        ("http://[::1]:8000", "http://[::1]:8000/v1"),
        ("http://user:pw@host/x", "http://user:pw@host/x"),
    ],
)
def test_base_urls(address: str, url: str) -> None:
    assert base_url(address) == url
    assert base_url(url) == url


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://",
        "ftp://host",
        "http://host:99999",
        "http://host:x",
        "http://ho st",
        "http://host/v1?key=1",
        "http://[::1",
    ],
)
def test_what_isnt_an_address(address: str) -> None:
    with pytest.raises(ConfigFault, match="isn't the address of an upstream"):
        base_url(address)


def test_a_password_is_not_shown() -> None:
    with pytest.raises(ConfigFault) as caught:
        base_url("ftp://user:hunter2@host")
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://mine.openai.azure.com/openai/v1", "openai"),
        ("https://api.fireworks.ai/inference/v1", "fireworks"),
        ("https://api.together.xyz/v1", "together"),
        ("https://dbc-1.cloud.databricks.com/serving-endpoints", "databricks"),
        ("https://adb-1.2.azuredatabricks.net/serving-endpoints", "databricks"),
        ("https://api.cerebras.ai/v1", "cerebras"),
        ("https://api.deepseek.com/v1", "deepseek"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://api.groq.com/openai/v1", "groq"),
        ("https://api.mistral.ai/v1", "mistral"),
        ("http://localhost:11434/v1", "ollama"),
        ("http://localhost:1234/v1", "lmstudio"),
        ("http://localhost:8000/v1", "generic"),
        ("https://notopenai.com/v1", "generic"),
        ("https://openai.com.example.org/v1", "generic"),
        ("http://[", "generic"),
    ],
)
def test_dialects(url: str, dialect: str) -> None:
    assert dialect_for(url) == dialect


def test_an_upstream_as_an_operator_names_it() -> None:
    upstream = Upstream.at("my-ollama", "localhost:11434", "sk-1")
    assert upstream == Upstream("my-ollama", "http://localhost:11434/v1", "sk-1", "ollama")
    assert "sk-1" not in repr(upstream)
    assert Target(upstream, "a/b").full_id == "my-ollama/a/b"


@pytest.mark.parametrize("name", ["", "a/b", "a b", "-a", "é"])
def test_names_that_cant_be(name: str) -> None:
    with pytest.raises(ConfigFault, match="can't name an upstream"):
        Upstream.at(name, "localhost:1")


def test_a_key_that_cant_be() -> None:
    with pytest.raises(ConfigFault, match="upstream 'a'") as caught:
        Upstream.at("a", "localhost:1", "sk-1\n")
    assert "sk-1" not in caught.value.message
