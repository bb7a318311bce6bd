"""A `Transport` that hands the trace of a run on to whom it asks. It stands below the cassette, so no tape has it.

Counterpart: `account.py`, which says from which span a request goes out.
"""

from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from antiphon.seen.context import OUTGOING
from antiphon.seen.otlp import span_id
from antiphon.transport import HttpAnswer, HttpRequest, Transport


class Traced:
    """Another transport, with `traceparent` on what is sent for a run."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def send(self, request: HttpRequest) -> Coroutine[Any, Any, HttpAnswer]:
        """As `Transport.send`."""
        sender = OUTGOING.get()
        if sender is not None and "traceparent" not in request.headers:
            trace, span = sender
            request = replace(request, headers=trace.handed_on(request.headers, span_id(span)))
        return self._inner.send(request)

    async def close(self) -> None:
        """Close the other."""
        await self._inner.close()
