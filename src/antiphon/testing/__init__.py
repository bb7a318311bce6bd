"""The public test kit: what a user's own tests, and ours, check streams with.

Not here: anything the server needs; nothing in the package imports this.
"""

from antiphon.testing.check_response import check_response
from antiphon.testing.check_stream import check_stream, parse_sse
from antiphon.testing.violation import RULES, StreamViolation

__all__ = ["RULES", "StreamViolation", "check_response", "check_stream", "parse_sse"]
