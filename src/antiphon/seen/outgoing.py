"""A `Transport` that hands the trace of a run on to whom it asks. It stands below the cassette, so no tape has it.

Counterpart: `account.py`, which says from which span a request goes out.
"""

from msgspec.structs import replace

from antiphon.seen.context import OUTGOING
from antiphon.seen.otlp import span_id
from antiphon.transport import HttpAnswer, HttpRequest, Transport


class Traced:
    """Another transport, with `traceparent` on what is sent for a run."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """As `Transport.send`."""
        sender = OUTGOING.get()
        if sender is not None and "traceparent" not in request.headers:
            trace, span = sender
            headers = {**request.headers, **trace.header(span_id(span))}
            request = replace(request, headers=headers)
        return await self._inner.send(request)

    async def close(self) -> None:
        """Close the other."""
        await self._inner.close()
