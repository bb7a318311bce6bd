"""Lets an application write a body that is already in HTTP's chunked coding, many chunks in one write.

A message for each chunk, as ASGI has it, costs ten times as much as the chunk. Counterpart: `cassettes/shelf.py`,
where bodies are coded.
"""

import asyncio
from collections.abc import Sequence

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

CONNECTION = "antiphon.connection"


class CodedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which the scope of each request leads back to."""

    def _unsupported_upgrade_warning(self) -> None:
        """The answer says it: a client that tries WebSocket first and falls back to HTTP is nothing to warn of."""

    def on_headers_complete(self) -> None:
        """A request's head is read: its application starts in the loop's next turn."""
        super().on_headers_complete()
        self.scope[CONNECTION] = self  # type: ignore[literal-required] # a member of ours in a scope of ASGI


async def write_coded(scope: Scope, bursts: Sequence[bytes]) -> bool:
    """Write parts of the body between its `http.response.start` and its last message. False if that can't be done."""
    connection = scope.get(CONNECTION)
    if not isinstance(connection, CodedProtocol):
        return False
    for burst in bursts:
        if connection.transport.is_closing():
            break
        connection.transport.write(burst)
        if connection.flow.write_paused:
            await connection.flow.drain()
        else:
            await asyncio.sleep(0)
    return True
