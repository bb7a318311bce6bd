"""MCP servers for tests, and a client for them: the SDK's own servers, and one that answers as a test tells it to."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import Context, Image, MCPServer
from mcp_types import METHOD_NOT_FOUND, ToolAnnotations
from pydantic import AnyHttpUrl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from antiphon.network import Network
from antiphon.tools.mcp import McpClient
from antiphon.tools.mcp_limits import McpLimits
from antiphon.tools.mcp_long_stream import LongStreams
from antiphon.transport import Transport

TOKEN = "tok-0123456789abcdef"
PATHS = {"streamable": "/mcp", "sse": "/sse"}


@dataclass
class Workshop:
    """The SDK's server, and what it saw: HTTP requests, and whether a `wait` has begun and was cancelled."""

    server: MCPServer
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    tables: dict[int, asyncio.Barrier] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)

    def app(self, kind: str) -> ASGIApp:
        inner = self.server.streamable_http_app() if kind == "streamable" else self.server.sse_app()

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                self.requests.append((scope["method"], scope["path"]))
            await inner(scope, receive, send)

        return watched


class Tokens:
    """Knows one token."""

    async def verify_token(self, token: str) -> AccessToken | None:
        return AccessToken(token=token, client_id="tests", scopes=[]) if token == TOKEN else None


def workshop(*, bearer: bool = False, more: int = 0) -> Workshop:
    """The SDK's server with tools of every temper, and `more` plain ones."""
    url = AnyHttpUrl("http://127.0.0.1/")
    auth = AuthSettings(issuer_url=url, resource_server_url=url, validate_token_resource=False) if bearer else None
    shop = Workshop(MCPServer("workshop", auth=auth, token_verifier=Tokens() if bearer else None, log_level="CRITICAL"))
    _add_tools(shop)
    for number in range(more):
        shop.server.add_tool(lambda: "plain", name=f"plain_{number:02}", description=f"Plain tool {number}")
    return shop


def _add_tools(shop: Workshop) -> None:
    tool = shop.server.tool

    @tool(annotations=ToolAnnotations(read_only_hint=True))
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    @tool()
    async def wait(seconds: float) -> str:
        shop.begun.set()
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            shop.cancelled.set()
            raise
        return "waited"

    @tool()
    async def meet(guests: int) -> str:
        """Answer when so many guests are there at once."""
        await shop.tables.setdefault(guests, asyncio.Barrier(guests)).wait()
        return "met"

    @tool()
    def fail() -> str:
        raise ValueError("out of paper")

    @tool()
    def say(text: str, times: int) -> str:
        return text * times

    @tool(structured_output=False)
    def draw() -> list[Any]:
        return ["a dot", Image(data=b"\x89PNG" * 3, format="png")]

    @tool()
    def told(context: Context[Any, Any], name: str) -> str:
        """Repeat a header of the request."""
        return str((context.headers or {}).get(name))


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an app on loopback; yields its base URL."""
    # Told that it is TCP, asyncio sends small answers at once.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none"))
        task = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn sets no event
            await asyncio.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            await task


@asynccontextmanager
async def asking(
    limits: McpLimits | None = None, transport: Transport | None = None, clock: Callable[[], float] | None = None
) -> AsyncIterator[McpClient]:
    """A client on the real network, or on another transport; both are closed at the end."""
    way_out = transport or LongStreams(Network())
    client = McpClient(way_out, limits, clock=clock or asyncio.get_running_loop().time)
    try:
        yield client
    finally:
        await client.close()
        await way_out.close()


Answer = Callable[[dict[str, Any], Request], Any]

INITIALIZED = {
    "protocolVersion": "2025-06-18",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "script", "version": "1"},
}


@dataclass
class Script:
    """A server of an older revision that answers each method as told: with a result, or with a whole `Response`.

    `asked` holds the bodies it got, `requests` the requests they came in.
    """

    answers: dict[str, Answer]
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        return [body["method"] for body in self.asked]

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/mcp", self._answer, methods=["GET", "POST", "DELETE"])])

    async def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        if request.method != "POST":
            return Response(status_code=405)
        body = await request.json()
        self.asked.append(body)
        if "id" not in body:
            return Response(status_code=202)
        return self._response(body, request)

    def _response(self, body: dict[str, Any], request: Request) -> Response:
        answer = self.answers.get(body["method"])
        head = {"jsonrpc": "2.0", "id": body["id"]}
        if answer is None and body["method"] != "initialize":
            return JSONResponse({**head, "error": {"code": METHOD_NOT_FOUND, "message": "Unknown method"}})
        result = answer(body, request) if answer else INITIALIZED
        if isinstance(result, Response):
            return result
        return JSONResponse({**head, "result": result}, headers=self.headers)


def text_result(text: str, **more: Any) -> dict[str, Any]:
    """The result of a tool that says one thing."""
    return {"content": [{"type": "text", "text": text}], **more}


def listed_tool(name: str, **more: Any) -> dict[str, Any]:
    """A tool in a server's list."""
    return {"name": name, "inputSchema": {"type": "object"}, **more}
