"""The yardstick: a proxy that hands on the bytes of a chat completion and does nothing else.

It is written with the parts of the server it is compared with (uvicorn, uvloop, httptools, one pooled
aiohttp session), as bare ASGI: one read of the upstream is one write to the client. A client that leaves
ends the call upstream. Not here: anything of the server itself. Counterpart: `antiphon serve`.

    python -m bench.passthrough --port 8400 --upstream http://127.0.0.1:9100/v1
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import aiohttp
import uvicorn

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEALTHY = b'{"status":"OK"}'


class Passthrough:
    """An ASGI application that relays `POST …/chat/completions` to one upstream."""

    def __init__(self, upstream: str) -> None:
        """Take the base address of the upstream, as `http://127.0.0.1:9100/v1`."""
        self._url = f"{upstream}/chat/completions"
        self._session: aiohttp.ClientSession

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"].endswith("/chat/completions"):
            await self._relay(receive, send)
        else:
            await answer(send, 200, [(b"content-type", b"application/json")], HEALTHY)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Keep one session from start to end."""
        await receive()
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None), auto_decompress=False
        ) as self._session:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _relay(self, receive: Receive, send: Send) -> None:
        """Stream until the upstream is done or the client has left."""
        body = await read_body(receive)
        relaying = asyncio.ensure_future(self._stream(body, send))
        watching = asyncio.ensure_future(receive())  # its next message can only be the disconnect
        try:
            await asyncio.wait({relaying, watching}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watching.cancel()
            if not relaying.done():
                relaying.cancel()
            await asyncio.gather(relaying, watching, return_exceptions=True)

    async def _stream(self, body: bytes, send: Send) -> None:
        """One read, one write."""
        async with self._session.post(self._url, data=body, headers={"content-type": "application/json"}) as upstream:
            content_type = upstream.headers.get("content-type", "text/event-stream").encode()
            await send(
                {"type": "http.response.start", "status": upstream.status, "headers": [(b"content-type", content_type)]}
            )
            async for piece in upstream.content.iter_any():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """Send an answer that is complete."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read_body(receive: Receive) -> bytes:
    """The whole body of the request."""
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(pieces)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="A proxy that hands on bytes: the yardstick of the benchmark.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True, metavar="URL")
    options = parser.parse_args()
    uvicorn.run(
        Passthrough(options.upstream),
        host=options.host,
        port=options.port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
