"""A `Transport` that plays the world of a stored response: its model, and its MCP servers, say again what they said.

Recorded through, it gives the cassette that this answer would have been recorded on. What the response doesn't tell is
refused and listed in `unknown`. Not here: what a model says in a turn (`engine/retelling.py`). Counterpart:
`server/retaking.py`, which asks.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec

from antiphon.engine.input import Item
from antiphon.engine.retelling import chunks, last_chunks, turn_end, turns
from antiphon.errors import UpstreamUnavailable
from antiphon.transport import HttpAnswer, HttpRequest

Json = dict[str, Any]

METHOD_NOT_FOUND = -32601
SSE = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class Told:
    """An answer that is there already."""

    status: int
    headers: Mapping[str, str]
    pieces: Sequence[bytes]

    async def _body(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece

    def chunks(self) -> AsyncIterator[bytes]:
        """The body, a piece at a time."""
        return self._body()

    async def close(self) -> None:
        """There is nothing to give back."""


@dataclass(slots=True)
class Actor:
    """`response` is the stored object, `output` its items; each turn and each call is played once, in order."""

    response: Json
    output: Sequence[Item]
    unknown: list[str] = field(default_factory=list)
    _turns: list[list[Item]] = field(init=False)
    _calls: list[Json] = field(init=False)

    def __post_init__(self) -> None:
        self._turns = turns(self.output)
        self._calls = [msgspec.json.decode(item.raw) for item in self.output if item.type == "mcp_call"]

    async def send(self, request: HttpRequest) -> HttpAnswer:
        """As `Transport.send`. Raises `UpstreamUnavailable` for what the response doesn't tell."""
        path = urlsplit(request.url).path
        if path.endswith("/chat/completions"):
            return self._say(request)
        if path.endswith("/models"):
            model = self.response["model"]
            return _json({"object": "list", "data": [{"id": model, "object": "model"}]})
        if label := self._label(request.url):
            return self._serve(request, label)
        self.unknown.append(f"{request.method} {request.url}")
        raise UpstreamUnavailable(f"The stored response doesn't tell what {request.url} answered.")

    async def close(self) -> None:
        """There is nothing to close."""

    @property
    def left(self) -> int:
        """Turns that weren't asked for."""
        return len(self._turns)

    def _say(self, request: HttpRequest) -> HttpAnswer:
        if not self._turns:
            self.unknown.append("a turn after the last one")
            return _json(
                {"error": {"message": "The stored response tells of no further turn."}}, HTTPStatus.BAD_GATEWAY
            )
        body = msgspec.json.decode(request.body, type=dict[str, Any])
        offered = [tool["function"]["name"] for tool in body.get("tools") or () if tool.get("type") == "function"]
        items = self._turns.pop(0)
        said = chunks(items, offered)
        calls = any("tool_calls" in choice["delta"] for chunk in said for choice in chunk["choices"])
        said += turn_end() if self._turns else last_chunks(self.response, calls=calls)
        return Told(HTTPStatus.OK, SSE, [*map(_event, said), DONE])

    def _label(self, url: str) -> str | None:
        """The label of the MCP server at an address."""
        declared = (tool for tool in self.response.get("tools") or () if tool.get("type") == "mcp")
        return next((tool["server_label"] for tool in declared if _same(tool.get("server_url"), url)), None)

    def _serve(self, request: HttpRequest, label: str) -> HttpAnswer:
        """An MCP server in its newer way over HTTP, without a stream of its own."""
        if request.method != "POST":
            return Told(HTTPStatus.METHOD_NOT_ALLOWED if request.method == "GET" else HTTPStatus.OK, {}, [])
        asked = msgspec.json.decode(request.body, type=dict[str, Any])
        if "id" not in asked:
            return Told(HTTPStatus.ACCEPTED, {}, [])
        match asked.get("method"):
            case "initialize":
                version = asked["params"]["protocolVersion"]
                info = {"name": label, "version": "0"}
                return _result(asked, {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info})
            case "tools/list":
                return _result(asked, {"tools": [_listed(tool) for tool in self._tools(label)]})
            case "tools/call":
                return self._call(asked, label)
            case method:
                return _fault(asked, METHOD_NOT_FOUND, f"Method not found: {method}")

    def _tools(self, label: str) -> Iterable[Json]:
        for item in self.output:
            value = msgspec.json.decode(item.raw, type=dict[str, Any])
            if item.type == "mcp_list_tools" and value.get("server_label") == label:
                yield from value.get("tools") or ()

    def _call(self, asked: Json, label: str) -> HttpAnswer:
        name, arguments = asked["params"]["name"], asked["params"].get("arguments") or {}
        for call in self._calls:
            if (call["server_label"], call["name"]) == (label, name) and _arguments(call) == arguments:
                self._calls.remove(call)
                return _called(asked, call)
        self.unknown.append(f"the call of {label}.{name}")
        return _fault(asked, METHOD_NOT_FOUND, "The stored response doesn't tell what this call gave.")


def _called(asked: Json, call: Json) -> HttpAnswer:
    """What an MCP server answered, from the item of the call."""
    error = call.get("error")
    if error is None:
        return _result(asked, {"content": [{"type": "text", "text": call.get("output") or ""}], "isError": False})
    if isinstance(error, dict) and error.get("type") == "http_error":
        return Told(error.get("code") or HTTPStatus.BAD_GATEWAY, {}, [str(error.get("message") or "").encode()])
    if isinstance(error, dict) and "content" not in error:
        return _fault(asked, error.get("code") or METHOD_NOT_FOUND, str(error.get("message") or ""))
    content = error["content"] if isinstance(error, dict) else [{"type": "text", "text": error}]
    return _result(asked, {"content": content, "isError": True})


def _listed(tool: Json) -> Json:
    shown = {
        "name": tool["name"],
        "description": tool.get("description"),
        "inputSchema": tool.get("input_schema") or {},
    }
    named = {name: value for name, value in shown.items() if value is not None}
    # All that is kept of what a server says of its tool.
    kept = tool.get("annotations") or {}
    hints = {"readOnlyHint": bool(kept.get("read_only"))}
    return named | {"annotations": hints | ({"idempotentHint": True} if kept.get("idempotent") else {})}


def _arguments(call: Json) -> object:
    try:
        return msgspec.json.decode(call.get("arguments") or "{}")
    except msgspec.DecodeError:
        return call.get("arguments")


def _same(one: str | None, other: str) -> bool:
    return bool(one) and urlsplit(str(one))[:3] == urlsplit(other)[:3]


def _result(asked: Json, result: Json) -> HttpAnswer:
    return _json({"jsonrpc": "2.0", "id": asked["id"], "result": result})


def _fault(asked: Json, code: int, message: str) -> HttpAnswer:
    return _json({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": code, "message": message}})


def _json(value: Json, status: int = HTTPStatus.OK) -> HttpAnswer:
    return Told(status, JSON, [msgspec.json.encode(value)])


def _event(chunk: Json) -> bytes:
    return b"data: " + msgspec.json.encode(chunk) + b"\n\n"
