"""An MCP server as a request names it: its address and the credentials for it, which show nowhere.

Not here: HTTP (`mcp_http.py`). Counterpart: `wire/mcp.py`, the tool it comes from.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec

from antiphon.wire.mcp import McpTool

_CREDENTIAL_WORDS = ("auth", "cookie", "key", "secret", "token")
_SECRET_LENGTH = 8
"""Shorter values are taken for words: blanking them would spoil ordinary text."""


@dataclass(frozen=True)
class Endpoint:
    """A server and what it is asked with; `headers` have lower-case names.

    `public` says that it must be on the public internet (`HttpRequest.public`).
    """

    label: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    password: str = field(default="", repr=False)
    public: bool = field(default=False, repr=False)

    @classmethod
    def of(cls, tool: McpTool, url: str, *, public: bool = False) -> "Endpoint":
        """The endpoint of a tool at `url`, with its headers and its token."""
        parts = urlsplit(url)
        headers = {name.lower(): value for name, value in (tool.headers or {}).items()}
        if tool.authorization is not None:
            headers["authorization"] = f"Bearer {tool.authorization}"
        elif parts.username is not None:
            headers.setdefault("authorization", _basic(parts))
        netloc = parts.netloc.rpartition("@")[2]
        address = parts._replace(netloc=netloc, fragment="").geturl()
        return cls(tool.server_label, address, headers, unquote(parts.password or ""), public)

    @property
    def shown(self) -> str:
        """The address for the SDK, for messages and for logs: without user, query and fragment."""
        return urlsplit(self.url)._replace(query="").geturl()

    @property
    def digest(self) -> bytes:
        """Equal for the same address with the same credentials and the same leave, and telling neither."""
        return hashlib.sha256(msgspec.json.encode([self.url, sorted(self.headers.items()), self.public])).digest()

    def blanked(self, value: Any) -> Any:  # noqa: ANN401 - JSON of any shape, and the same shape comes back
        """A server's words, or JSON of them, without the credentials it was sent: it may repeat them."""
        secrets = sorted(set(self._secrets()), key=len, reverse=True)
        return _blanked(value, secrets) if secrets else value

    def _secrets(self) -> Iterator[str]:
        if len(self.password) >= _SECRET_LENGTH:
            yield self.password
        pairs = [*self.headers.items(), *parse_qsl(urlsplit(self.url).query)]
        for name, value in pairs:
            if any(word in name.lower() for word in _CREDENTIAL_WORDS):
                # `Bearer` is none, and stays where a server repeats it: so does a cassette's redaction.
                yield from (word for word in value.split() if len(word) >= _SECRET_LENGTH)


def _blanked(value: Any, secrets: list[str]) -> Any:  # noqa: ANN401 - JSON of any shape
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "[redacted]")
    elif isinstance(value, dict):
        return {name: _blanked(member, secrets) for name, member in value.items()}
    elif isinstance(value, list):
        return [_blanked(member, secrets) for member in value]
    return value


def _basic(parts: SplitResult) -> str:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
