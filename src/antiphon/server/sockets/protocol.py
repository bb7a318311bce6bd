"""uvicorn's WebSocket protocol, which takes a refusal with an answer of its own for the end that it is.

uvicorn logs an error after each, though ASGI's extension "websocket.http.response" allows it; and a traceback for text
that isn't UTF-8, and for an answer to what came before a frame that is none: a client could fill the log with them.
Counterpart: `server/coded.py`, its HTTP protocol.
"""

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

NOT_TEXT = 1007


class SocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket's protocol."""

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application says. Raises `ClientDisconnected` where the connection has ended."""
        if self.close_sent and self.handshake_complete:
            raise ClientDisconnected
        await super().send(message)
        if self.close_sent:
            self.handshake_complete = True

    def send_receive_event_to_app(self) -> None:
        """Hand a message on; one that isn't what it says to be ends the connection."""
        if self.curr_msg_data_type == "text" and not self.close_sent and not _is_text(self.frames):
            self.frames = []
            if self.conn.state is State.OPEN:
                # Else the client's own end came in the same read, and is the next to be handled.
                self.conn.send_close(NOT_TEXT)
                self.handle_parser_exception()
            return
        super().send_receive_event_to_app()


def _is_text(frames: list[bytes]) -> bool:
    try:
        b"".join(frames).decode()
    except UnicodeDecodeError:
        return False
    return True
