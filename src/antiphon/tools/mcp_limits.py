"""How long an MCP server may take and how much it may say. Not here: who keeps to it (`mcp.py`, `mcp_session.py`)."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class McpLimits:
    """Seconds, bytes and counts; each of a single server."""

    open_seconds: float = 20.0
    list_seconds: float = 30.0
    call_seconds: float = 60.0
    # How long the goodbye may take: most servers want to hear it, and nobody waits for it.
    close_seconds: float = 2.0
    # A session that nobody used for this long is closed.
    idle_seconds: float = 60.0
    # How long a list of tools is believed.
    list_lifetime: float = 300.0
    # One HTTP answer, and the text that a model reads of it: pictures travel, but aren't read.
    answer_bytes: int = 8 * MIB
    output_bytes: int = MIB
    pages: int = 50
    tools: int = 1000
    # Of all servers together.
    sessions: int = 256
