"""uvicorn's WebSocket protocol, which takes a refusal with an answer of its own for the end that it is.

uvicorn logs an error after each, though ASGI's extension "websocket.http.response" allows it. Counterpart:
`server/coded.py`, its HTTP protocol.
"""

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class SocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket's protocol."""

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application says."""
        await super().send(message)
        if self.close_sent:
            self.handshake_complete = True
