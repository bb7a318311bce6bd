"""The public test kit: what a user's own tests, and ours, check streams and agents with.

Not here: anything the server needs; nothing in the package imports this.
"""

from antiphon.testing.check_response import check_response
from antiphon.testing.check_stream import check_stream, parse_sse
from antiphon.testing.http_request import End, Request
from antiphon.testing.scripted_reply import (
    Ending,
    Gate,
    Pause,
    Reply,
    embedding,
    garbage,
    hang_up,
    never,
    raw,
    reasoning,
    refusal,
    socket_bytes,
    status,
    text,
    tool_call,
)
from antiphon.testing.scripted_upstream import ScriptedUpstream
from antiphon.testing.violation import RULES, StreamViolation

__all__ = [
    "RULES",
    "End",
    "Ending",
    "Gate",
    "Pause",
    "Reply",
    "Request",
    "ScriptedUpstream",
    "StreamViolation",
    "check_response",
    "check_stream",
    "embedding",
    "garbage",
    "hang_up",
    "never",
    "parse_sse",
    "raw",
    "reasoning",
    "refusal",
    "socket_bytes",
    "status",
    "text",
    "tool_call",
]
