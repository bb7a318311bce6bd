"""Which upstreams and models a tape knows, so that replay needs neither settings nor a network.

Not here: which of them answers for a model (`upstream/catalog.py`). Counterpart: `cassette.py`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from antiphon.cassettes.cassette import Cassette
from antiphon.cassettes.interaction import Answered, Interaction

HOSTS = {
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "api.cerebras.ai": "cerebras",
    "api.deepseek.com": "deepseek",
    "api.fireworks.ai": "fireworks",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral",
    "api.sambanova.ai": "sambanova",
    "api.together.ai": "together",
    "api.together.xyz": "together",
    "api.x.ai": "xai",
    "generativelanguage.googleapis.com": "gemini",
    "integrate.api.nvidia.com": "nvidia",
    "openrouter.ai": "openrouter",
}
"""Names of upstreams by host."""

DOMAINS = {
    "cognitiveservices.azure.com": "azure",
    "openai.azure.com": "azure",
    "services.ai.azure.com": "azure",
    "azuredatabricks.net": "databricks",
    "cloud.databricks.com": "databricks",
    "databricks.invalid": "databricks",
}
"""Names of upstreams whose every customer has a host of their own."""

PORTS = {11434: "ollama", 8000: "vllm", 1234: "lmstudio"}
"""Names of upstreams on this machine by their usual ports."""

SHARED_PORT = 8080
"""Used by llama.cpp and by others; a model named `Qwen/Qwen3-0.6B` is none of llama.cpp's."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "0.0.0.0", "::1", "::"})  # noqa: S104 - compared, not bound


@dataclass(frozen=True, slots=True)
class KnownUpstream:
    """An upstream on a tape. `base_url` reaches up to and including `/v1`; `models` in the order they were met."""

    name: str
    base_url: str
    models: tuple[str, ...]


class _Model(msgspec.Struct):
    id: str


class _Models(msgspec.Struct):
    data: list[_Model]


class _Asked(msgspec.Struct):
    model: str = ""


def upstream_name(url: str, model: str = "") -> str:
    """The name of the upstream at a URL; `model` helps where a port is used by several."""
    parts = urlsplit(url)
    host = parts.hostname or "upstream"
    if host in LOOPBACK:
        if parts.port == SHARED_PORT:
            return "vllm" if "/" in model else "llamacpp"
        return PORTS.get(parts.port or 0, f"local-{parts.port}" if parts.port else "local")
    for domain, name in DOMAINS.items():
        if host == domain or host.endswith(f".{domain}"):
            return name
    # A name stands before the slash of a model id; a colon of IPv6 has no place there.
    return HOSTS.get(host, host.replace(":", "-").strip("-"))


def base_url(url: str) -> str:
    """The part of a URL up to and including `/v1`; a URL without one gets it after the host."""
    found = re.match(r"[^?#]*?/v1(?=/|$|\?|#)", url)
    if found:
        return found[0]
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/v1"


def upstreams(cassette: Cassette) -> list[KnownUpstream]:
    """The upstreams a tape has calls to, with the models it has answers of and those in recorded `/models`.

    Several addresses of one name are one upstream, since a replay doesn't compare hosts.
    """
    urls: dict[str, str] = {}
    models: dict[str, dict[str, None]] = {}
    for interaction in cassette.interactions.samples:
        asked = interaction.asked
        if urlsplit(asked.url).scheme not in {"http", "https"}:
            continue
        name = asked.upstream or upstream_name(asked.url)
        if name not in urls or ("/v1/" in asked.url and "/v1/" not in urls[name]):
            urls[name] = asked.url
        models.setdefault(name, {}).update(dict.fromkeys(_models(interaction)))
    return [KnownUpstream(name, base_url(url), tuple(models[name])) for name, url in urls.items()]


def _models(interaction: Interaction) -> Iterator[str]:
    asked = interaction.asked
    if asked.method == "GET":
        if asked.path.split("?")[0].endswith("/models"):
            yield from _listed(interaction.load())
        return
    try:
        model = msgspec.json.decode(asked.body, type=_Asked).model
    except (ValueError, RecursionError):
        return
    if model:
        yield model


def _listed(answered: Answered) -> Iterable[str]:
    try:
        found = msgspec.json.decode(b"".join(chunk.data for chunk in answered.chunks), type=_Models)
    except (ValueError, RecursionError):
        return []
    return [model.id for model in found.data]
