"""What of a tool is neither echoed nor kept. Not here: secrets in cassettes (`cassettes/redaction.py`)."""

from typing import Any

SECRETS = frozenset({"authorization", "headers"})
"""Members of a tool that are for its server alone."""


def without_secrets(tool: dict[str, Any]) -> dict[str, Any]:
    """A tool, and the tools inside it, without what must not be echoed or kept."""
    shown = {name: value for name, value in tool.items() if name not in SECRETS}
    if isinstance(tool.get("tools"), list):
        shown["tools"] = [without_secrets(inner) if isinstance(inner, dict) else inner for inner in tool["tools"]]
    return shown
