"""What of a tool is neither echoed nor kept. Not here: secrets in cassettes (`cassettes/redaction.py`)."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

SECRETS = frozenset({"authorization", "headers"})
"""Members of a tool that are for its server alone."""

REDACTED = "redacted"
CREDENTIAL_WORDS = ("auth", "code", "cookie", "cred", "jwt", "key", "pass", "pwd", "secret", "session", "sig", "token")
"""What stands in the name of a parameter whose value is a credential."""

_OPAQUE = re.compile(r"[A-Za-z0-9_\-+/=.~]{20,}")


def without_secrets(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool, and the tools inside it, without what must not be echoed or kept."""
    shown = {name: value for name, value in tool.items() if name not in SECRETS}
    if isinstance(tool.get("server_url"), str):
        shown["server_url"] = shown_url(tool["server_url"])
    if isinstance(tool.get("tools"), list):
        shown["tools"] = [without_secrets(inner) if isinstance(inner, dict) else inner for inner in tool["tools"]]
    return shown


def shown_url(url: str) -> str:
    """An address without its user, and without the values of its query that are credentials or look like one."""
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return url
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"{REDACTED}@{host}" if user or at else host
    query = [(name, REDACTED if _secret(name, value) else value) for name, value in pairs]
    if netloc == parts.netloc and query == pairs:
        return url
    return parts._replace(netloc=netloc, query=urlencode(query)).geturl()


def _secret(name: str, value: str) -> bool:
    return any(word in name.lower() for word in CREDENTIAL_WORDS) or _OPAQUE.fullmatch(value) is not None
