"""What goes with a request without being handed on: the trace that it belongs to, the request that a log line is of.

Each task has its own; what it begins takes it along. Not here: who sets it (`server/watched.py`, `account.py`).
Source: W3C Trace Context, section 3.2.
"""

import re
from collections.abc import Mapping
from contextvars import ContextVar
from random import Random
from typing import Any

from msgspec import Struct

_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = 1


class Trace(Struct, frozen=True, gc=False):
    """A trace: its id, the span under which ours stand, empty for none, and whether anybody keeps it."""

    id: bytes
    parent: bytes = b""
    sampled: bool = True
    state: str = ""

    @classmethod
    def of(cls, header: str, state: str = "") -> "Trace | None":
        """That of a `traceparent` header; None for what isn't one."""
        found = _PARENT.fullmatch(header.strip())
        if found is None:
            return None
        return cls(bytes.fromhex(found[1]), bytes.fromhex(found[2]), bool(int(found[3], 16) & _SAMPLED), state)

    def handed_on(self, headers: Mapping[str, str], span: bytes) -> dict[str, str]:
        """These headers with those that hand it on, from a span of ours."""
        parent = f"00-{self.id.hex()}-{span.hex()}-{'01' if self.sampled else '00'}"
        sent = {**headers, "traceparent": parent}
        if self.state:
            sent["tracestate"] = self.state
        return sent


OUTGOING: ContextVar[tuple[Trace, int] | None] = ContextVar("outgoing", default=None)
"""For what is sent for a run: its trace, and the number of the span that sends it."""

REQUEST: ContextVar[Mapping[str, Any] | None] = ContextVar("request", default=None)
"""The ASGI scope of the request that is answered."""

REQUEST_ID = "antiphon.request_id"
"""Where a scope has the id of its request."""
HEADERS = "antiphon.headers"
"""Where a scope has its headers by their names; of several with one name the last."""
NO_HEADERS: Mapping[bytes, bytes] = {}


def request_id() -> str | None:
    """That of the request that is answered, where there is one."""
    request = REQUEST.get()
    said = request.get(REQUEST_ID) if request is not None else None
    return str(said) if said else None


def trace_of_request(chance: Random) -> Trace:
    """The trace that the request which is answered names; where it names none, one that begins here."""
    request = REQUEST.get()
    headers: Mapping[bytes, bytes] = request.get(HEADERS, NO_HEADERS) if request is not None else NO_HEADERS
    parent = headers.get(b"traceparent")
    if parent is not None:
        named = Trace.of(parent.decode("latin-1"), headers.get(b"tracestate", b"").decode("latin-1"))
        if named is not None:
            return named
    return Trace(chance.getrandbits(128).to_bytes(16))
