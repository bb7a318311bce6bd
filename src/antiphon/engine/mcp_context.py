"""What a conversation says about MCP: which servers were listed already, which calls were approved or refused.

Pure. Not here: the rules of a single tool (`mcp.py`). Counterparts: `kinds/mcp.py`, which makes these items.
"""

from collections.abc import Sequence

import msgspec

from antiphon.engine.belt import Server
from antiphon.engine.declared import Declared, found_on_servers
from antiphon.engine.input import Item
from antiphon.engine.kinds.mcp import approval_digest
from antiphon.engine.kinds.retold import AnsweredCall
from antiphon.engine.kinds.tool_search import TOOL_SEARCH
from antiphon.engine.mcp import read_mcp_tool
from antiphon.engine.plan import Approved
from antiphon.engine.reading import read
from antiphon.engine.toolbox import mcp_tools
from antiphon.errors import InvalidRequest
from antiphon.wire.mcp import ListedTool


class _List(msgspec.Struct):
    server_label: str
    tools: list[ListedTool]
    error: str | None = None


class _Request(msgspec.Struct):
    server_label: str
    name: str
    arguments: str


class _Response(msgspec.Struct):
    approval_request_id: str
    approve: bool
    reason: str | None = None


class _Made(msgspec.Struct):
    approval_request_id: str | None = None


def mcp_servers(tools: Sequence[Declared], items: Sequence[Item]) -> tuple[Server, ...]:
    """The request's MCP servers; one that an earlier answer listed isn't asked again.

    Raises `InvalidRequest` for a tool that contradicts itself, or two with one label.
    """
    lists = {listed.server_label: listed.tools for listed in map(_list, items) if listed and not listed.error}
    found = found_on_servers(items)
    searched = any(tool.tool["type"] == TOOL_SEARCH for tool in tools)
    servers: dict[str, Server] = {}
    for tool, shown in mcp_tools(tools):
        at = tool.at
        server = read_mcp_tool(msgspec.json.encode(tool.tool), at)
        if server.server_label in servers:
            raise InvalidRequest(f"Two MCP servers are labelled '{server.server_label}'.", param=f"{at}.server_label")
        if server.server_url is None:
            raise InvalidRequest(
                f"No connector '{server.connector_id}' is configured here. Give its server's address as server_url.",
                param=f"{at}.connector_id",
            )
        known = lists.get(server.server_label)
        servers[server.server_label] = Server(
            tool=server,
            listed=tuple(known) if known is not None else None,
            shown=shown,
            deferred=searched and tool.deferred,
            found=None if tool.found else found.get(server.server_label, frozenset()),
        )
    return tuple(servers.values())


def approved_calls(given: Sequence[Item], items: Sequence[Item], servers: Sequence[Server]) -> tuple[Approved, ...]:
    """The calls that this request's own input approves.

    Raises `InvalidRequest` for an approval of nothing, of a call that was changed, or of a server that isn't declared.
    """
    requests = {item.id: item for item in items if item.type == "mcp_approval_request"}
    by_label = {server.tool.server_label: server.tool for server in servers}
    # Who sends the whole conversation each time sends approvals again whose calls were made long ago.
    made = {read(item.raw, _Made, item.at).approval_request_id for item in items if item.type == "mcp_call"}
    approved: list[Approved] = []
    for item in given:
        if item.type != "mcp_approval_response":
            continue
        said = read(item.raw, _Response, item.at)
        if said.approval_request_id in made:
            continue
        at = f"{item.at}.approval_request_id"
        asked = requests.get(said.approval_request_id)
        if asked is None:
            raise InvalidRequest(f"No approval request '{said.approval_request_id}' came before.", param=at)
        request = read(asked.raw, _Request, asked.at)
        if not asked.id.endswith(approval_digest(request.server_label, request.name, request.arguments)):
            raise InvalidRequest(f"The call of '{asked.id}' isn't the one that approval was asked for.", param=at)
        if request.server_label not in by_label:
            raise InvalidRequest(f"'tools' has no MCP server '{request.server_label}' to call.", param="tools")
        if said.approve:
            server = by_label[request.server_label]
            approved.append(Approved(asked.id, server, request.name, request.arguments))
    return tuple(approved)


def refusals(items: Sequence[Item]) -> dict[str, AnsweredCall]:
    """The calls that the client refused, by the id of the request for approval."""
    refused: dict[str, AnsweredCall] = {}
    requests = {item.id: item for item in items if item.type == "mcp_approval_request"}
    for item in items:
        if item.type != "mcp_approval_response":
            continue
        said = read(item.raw, _Response, item.at)
        asked = requests.get(said.approval_request_id)
        if asked is not None and not said.approve:
            request = read(asked.raw, _Request, asked.at)
            why = f" Reason: {said.reason}" if said.reason else ""
            refused[asked.id] = AnsweredCall(request.name, request.arguments, f"The user refused this call.{why}")
    return refused


def _list(item: Item) -> _List | None:
    return read(item.raw, _List, item.at) if item.type == "mcp_list_tools" else None
