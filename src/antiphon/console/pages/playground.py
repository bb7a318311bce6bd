"""The playground: a form for a request; the page itself sends it to the API and shows what comes.

Counterparts: `static/playground.js`, which does all of that; `code.py`.
"""

import json
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from antiphon.console.chat import entries
from antiphon.console.code import CODES
from antiphon.console.desk import Desk, api_of
from antiphon.engine.commands import ListTools
from antiphon.errors import AntiphonError, InvalidRequest
from antiphon.sources import live
from antiphon.wire.mcp import McpTool

SHOWN = 50
HOSTED = (
    ("web_search", "Search the web"),
    ("code_interpreter", "Run code"),
    ("image_generation", "Make pictures"),
)
"""Tools of the server that need no more than to be named."""


def routes(desk: Desk) -> list[BaseRoute]:
    """The routes of this page."""

    async def show(request: Request) -> Response:
        services = desk.services
        continued = None
        if name := request.query_params.get("continue"):
            continued = await services.store.get_answer(desk.project(request), name)
        return desk.page(
            request,
            "playground.html",
            continued=continued,
            conversation=request.query_params.get("conversation"),
            begun=request.query_params.get("from"),
            entries=entries(list(continued.output)[-SHOWN:]) if continued else [],
            models=[model.id for model in await services.catalog.models()],
            hosted=[(tool, label) for tool, label in HOSTED if tool in services.tools],
            stores="file_search" in services.tools,
        )

    async def code(request: Request) -> Response:
        await desk.sessions.check(request)
        asked = _object(await request.body())
        shown = [(name, write(_shortened(asked), api_of(request))) for name, write in CODES]
        return HTMLResponse(desk.render(request, "codes.html", codes=shown))

    async def offered(request: Request) -> Response:
        await desk.sessions.check(request)
        server = _server(await request.body())
        # As a run would ask it: through the guard before addresses that clients name, and on the tape, if there is one.
        tools = desk.services.tools_of(desk.project(request), live().ids("resp"))
        try:
            listed = await tools.list(ListTools(server))
        except AntiphonError as fault:
            return JSONResponse({"tools": [], "error": fault.message})
        finally:
            await tools.close()
        return JSONResponse({"tools": msgspec.to_builtins(listed.tools), "error": listed.error})

    return [
        Route("/playground", show),
        Route("/playground/code", code, methods=["POST"]),
        Route("/playground/tools", offered, methods=["POST"]),
    ]


def _server(body: bytes) -> McpTool:
    """The server that a form names. Raises `InvalidRequest`."""
    try:
        server = msgspec.convert({**_object(body), "type": "mcp"}, McpTool)
    except msgspec.ValidationError as fault:
        raise InvalidRequest(f"This names no MCP server: {fault}.") from None
    if not server.server_url:
        raise InvalidRequest("Say the URL of the MCP server.", param="server_url")
    return server


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidRequest("The request to be shown as code isn't a JSON object.")
    return value


def _shortened(value: Any) -> Any:  # noqa: ANN401 - JSON of every kind
    """The request with what is encoded in it cut short: nobody reads it."""
    if isinstance(value, str):
        return f"{value[:48]}…" if value.startswith("data:") else value
    if isinstance(value, list):
        return [_shortened(member) for member in value]
    return {name: _shortened(member) for name, member in value.items()} if isinstance(value, dict) else value
