"""A model that calls tools and the MCP server that has them, in one process that costs next to nothing.

`python -m bench.agent_mock --port 9100`: `POST …/chat/completions` streams a call of `add` until the request holds as
many results as `CALLS`, then a short text; with tools of another kind the call is the same. `POST /mcp` is a server
of the Model Context Protocol that knows `add`. Nothing is parsed that needn't be. Not here: measuring (`tools`).
Counterpart: `mock_upstream.c`, which only talks.
"""

import argparse
import asyncio
import json
from typing import Any

CALLS = 10
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n"
ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
NO_STREAM = b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n"
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
TOOL = {"name": "add", "description": "Add two numbers.", "inputSchema": SCHEMA}
MODELS = {"object": "list", "data": [{"id": "mock", "object": "model", "created": 1, "owned_by": "mock"}]}
RESULTS: dict[str, Any] = {
    "initialize": {
        "protocolVersion": "2025-06-18",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "bench", "version": "1"},
    },
    "tools/list": {"tools": [TOOL]},
    "tools/call": {"content": [{"type": "text", "text": "5"}]},
}
USAGE = {"prompt_tokens": 16, "completion_tokens": 4, "total_tokens": 20}


def answered(kind: bytes, body: bytes) -> bytes:
    """A whole answer."""
    return HEAD % (kind, len(body)) + body


def streamed(*deltas: dict[str, Any], finish: str) -> bytes:
    """A streamed answer of a model, in one write."""
    choices: list[list[dict[str, Any]]] = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    choices += [[{"index": 0, "delta": {}, "finish_reason": finish}], []]
    lines = []
    for choice in choices:
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "mock", "choices": choice}
        lines.append(json.dumps(chunk if choice else {**chunk, "usage": USAGE}))
    body = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])
    return answered(b"text/event-stream", body.encode())


def called(number: int) -> bytes:
    """The model calls the tool, its arguments in three pieces."""
    function = {"name": "add", "arguments": ""}
    begun = {"index": 0, "id": f"call_{number}", "type": "function", "function": function}
    pieces = [{"index": 0, "function": {"arguments": piece}} for piece in ('{"a":', " 2, ", '"b": 3}')]
    deltas = [{"tool_calls": [each]} for each in [begun, *pieces]]
    return streamed({"role": "assistant", "content": ""}, *deltas, finish="tool_calls")


CALLED = [called(number) for number in range(CALLS)]
SAID = streamed({"role": "assistant", "content": ""}, {"content": "It is "}, {"content": "5."}, finish="stop")


def answer(method: bytes, path: bytes, body: bytes) -> bytes:
    """What is answered to a request."""
    if path.endswith(b"/chat/completions"):
        done = body.count(b'"role":"tool"')
        return CALLED[done] if b'"tools"' in body and done < CALLS else SAID
    if not path.startswith(b"/mcp"):
        return answered(b"application/json", json.dumps(MODELS).encode())
    if method != b"POST":
        return NO_STREAM
    asked = json.loads(body)
    if "id" not in asked:
        return ACCEPTED
    said = {"jsonrpc": "2.0", "id": asked["id"]}
    result = RESULTS.get(asked["method"])
    error = {"code": -32601, "message": "Unknown method"}
    told = {**said, "result": result} if result else {**said, "error": error}
    return answered(b"application/json", json.dumps(told).encode())


class Connection(asyncio.Protocol):
    """Requests with a content-length, one after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport: Any = transport
        self._read = b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._read += data
        while b"\r\n\r\n" in self._read:
            head, _, rest = self._read.partition(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
            )
            if len(rest) < length:
                return
            method, path, _ = head.split(b" ", 2)
            self._transport.write(answer(method, path, rest[:length]))
            self._read = rest[length:]


async def serve(port: int) -> None:
    """Listen until the end."""
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="A model that calls tools, and the server that has them.")
    options.add_argument("--port", type=int, required=True)
    asyncio.run(serve(options.parse_args().port))
