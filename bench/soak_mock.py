"""The model and the MCP server behind a soak, in the process of the load.

A model that is offered tools calls one and then answers; any other says a few words, a moment apart. It sees at once
when whoever listens goes. Not here: what is asked (`soak_load.py`). Counterpart: `agent_mock.py`, whose words it uses.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from bench.agent_mock import CALLED, SAID, USAGE, answer

WORDS = 12
PAUSE = 0.04
"""Seconds between words: half a second for an answer."""
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"


class Mock:
    """A server of loopback; `open` are its connections now."""

    def __init__(self) -> None:
        self.open = 0
        self.port = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer what comes over one connection, until it ends."""
        self.open += 1
        try:
            while await self._answered(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether another may follow."""
        head = await reader.readuntil(b"\r\n\r\n")
        method, path, _ = head.split(b" ", 2)
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
        if not path.endswith(b"/chat/completions"):
            writer.write(answer(method, path, body))
        elif b'"tools"' in body:
            writer.write(SAID if b'"role":"tool"' in body else CALLED[0])
        elif b'"stream":true' in body:
            writer.write(HEAD)
            async for line in _words():
                if writer.is_closing():
                    break
                writer.write(line)
                await writer.drain()
            return False
        else:
            writer.write(_whole())
        await writer.drain()
        return True


async def _words() -> AsyncIterator[bytes]:
    for number in range(WORDS):
        yield _line([{"index": 0, "delta": {"content": f" word{number}"}, "finish_reason": None}])
        await asyncio.sleep(PAUSE)
    yield _line([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    yield _line([], usage=USAGE)
    yield b"data: [DONE]\n\n"


def _line(choices: list[dict[str, object]], **more: object) -> bytes:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "mock", "choices": choices, **more}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _whole() -> bytes:
    said = {"index": 0, "message": {"role": "assistant", "content": "It is 5."}, "finish_reason": "stop"}
    body = json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "mock", "choices": [said]})
    return WHOLE % (len(body), body.encode())


@contextlib.asynccontextmanager
async def mocked() -> AsyncIterator[Mock]:
    """A mock that listens on a port of the system's choice inside the block."""
    mock = Mock()
    server = await asyncio.start_server(mock.connected, "127.0.0.1", 0)
    mock.port = server.sockets[0].getsockname()[1]
    try:
        yield mock
    finally:
        server.close()
