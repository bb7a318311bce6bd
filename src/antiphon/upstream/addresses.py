"""Who an upstream is: its name, base URL, key and make, and what can be told from the address alone.

Not here: which models it has (`catalog.py`) and who answers on this machine (`discovery.py`).
"""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from antiphon.errors import ConfigFault

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
ENDPOINTS = ("/chat/completions", "/completions", "/embeddings", "/models", "/responses")

# The end of a host's name tells the provider; on this machine, the two ports that only one program uses.
DIALECTS_BY_HOST = {
    "openai.com": "openai",
    "openai.azure.com": "openai",
    "fireworks.ai": "fireworks",
    "together.ai": "together",
    "together.xyz": "together",
    "databricks.com": "databricks",
    "azuredatabricks.net": "databricks",
    "cerebras.ai": "cerebras",
    "deepseek.com": "deepseek",
    "openrouter.ai": "openrouter",
    "groq.com": "groq",
    "mistral.ai": "mistral",
}
DIALECTS_BY_PORT = {11434: "ollama", 1234: "lmstudio"}


@dataclass(frozen=True, slots=True)
class Upstream:
    """A model server. `base_url` has no slash at its end; `dialect` is one of the names of `engine/dialects`."""

    name: str
    base_url: str
    key: str | None = field(default=None, repr=False)
    dialect: str = "generic"

    @classmethod
    def at(cls, name: str, address: str, key: str | None = None, dialect: str | None = None) -> "Upstream":
        """An upstream as an operator names it. Raises `ConfigFault` for a name, address or key that can't be one."""
        if not NAME.fullmatch(name):
            raise ConfigFault(
                f"{name!r} can't name an upstream: it stands before the slash in model ids. "
                "Use letters, digits, '-', '_' and '.'."
            )
        if key is not None and not (key.isascii() and key.isprintable()):
            raise ConfigFault(f"The key of upstream {name!r} holds characters that no HTTP header can carry.")
        url = base_url(address)
        return cls(name, url, key, dialect or dialect_for(url))


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: the upstream, and the model by the name it has there."""

    upstream: Upstream
    model: str

    @property
    def full_id(self) -> str:
        """The id under which our clients know the model."""
        return f"{self.upstream.name}/{self.model}"


def base_url(address: str) -> str:
    """The address as endpoints are appended to it: `host:11434` becomes `http://host:11434/v1`.

    Raises `ConfigFault` for what isn't an http or https address.
    """
    address = address.strip()
    parts = _split(address if "://" in address else f"http://{address}")
    if parts is None or parts.scheme not in {"http", "https"} or parts.query or parts.fragment:
        raise ConfigFault(
            f"{_public(address)!r} isn't the address of an upstream. Give one like http://localhost:11434/v1."
        )
    path = parts.path.rstrip("/")
    for endpoint in ENDPOINTS:
        # Whoever pastes the address of an endpoint means the API it belongs to.
        path = path.removesuffix(endpoint)
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}"


def dialect_for(url: str) -> str:
    """The make of the server at a base URL, guessed from its host; `generic` where that tells nothing."""
    parts = _split(url)
    if parts is None:
        return "generic"
    host = parts.hostname or ""
    for domain, dialect in DIALECTS_BY_HOST.items():
        if host == domain or host.endswith(f".{domain}"):
            return dialect
    return DIALECTS_BY_PORT.get(parts.port or 0, "generic")


def _split(url: str) -> SplitResult | None:
    """None where there is no host or the port isn't one."""
    try:
        parts = urlsplit(url)
        usable = parts.hostname and parts.port != 0 and " " not in url
    except ValueError:
        return None
    return parts if usable else None


def _public(address: str) -> str:
    """Without user and password, for a message."""
    return re.sub(r"//[^/@]*@", "//", address)
