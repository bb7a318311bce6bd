"""What a conversation says about MCP: which servers were listed already, which calls were approved or refused.

Pure. Not here: the rules of a single tool (`mcp.py`). Counterparts: `kinds/mcp.py`, which makes these items.
"""

from collections.abc import Iterable, Sequence

import msgspec

from antiphon.engine.belt import Server
from antiphon.engine.declared import Declared, found_on_servers
from antiphon.engine.input import Item
from antiphon.engine.kinds.mcp import approval_text, list_text
from antiphon.engine.kinds.retold import AnsweredCall
from antiphon.engine.kinds.tool_search import TOOL_SEARCH
from antiphon.engine.mcp import read_mcp_tool
from antiphon.engine.own import Own, Stamp, mark_of
from antiphon.engine.plan import Approved
from antiphon.engine.reading import read
from antiphon.engine.toolbox import mcp_tools
from antiphon.errors import InvalidRequest
from antiphon.wire.items import MessageView
from antiphon.wire.mcp import ListedTool, McpTool


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


class _Call(msgspec.Struct):
    server_label: str = ""
    name: str = ""
    arguments: str = ""
    approval_request_id: str | None = None


def mcp_servers(tools: Sequence[Declared], items: Sequence[Item], own: Own) -> tuple[Server, ...]:
    """The request's MCP servers; one that an earlier answer listed isn't asked again.

    Raises `InvalidRequest` for a tool that contradicts itself, two with one label, and an unknown connector.
    """
    if not tools:
        return ()
    found = found_on_servers(items)
    searched = any(tool.tool["type"] == TOOL_SEARCH for tool in tools)
    servers: dict[str, Server] = {}
    for tool, shown in mcp_tools(tools):
        server = read_mcp_tool(msgspec.json.encode(tool.tool), tool.at)
        label = server.server_label
        if label in servers:
            raise InvalidRequest(f"Two MCP servers are labelled '{label}'.", param=f"{tool.at}.server_label")
        if server.server_url is None and server.connector_id not in own.connectors:
            raise _unknown_connector(server.connector_id or "", own.connectors, tool.at)
        servers[label] = Server(
            tool=server,
            listed=_known(server, items, own.stamp),
            shown=shown,
            deferred=searched and tool.deferred,
            found=None if tool.found else found.get(label, frozenset()),
        )
    return tuple(servers.values())


def _known(server: McpTool, items: Sequence[Item], stamp: Stamp) -> tuple[ListedTool, ...] | None:
    """What the context says that this server has; None where it doesn't say.

    A list whose id bears no mark wasn't made here: its label must do.
    """
    for item in reversed(items):
        listed = _list(item)
        if listed is None or listed.error or listed.server_label != server.server_label:
            continue
        mark = mark_of(item.id)
        if mark is None or stamp.confirms(list_text(server), mark):
            return tuple(listed.tools)
    return None


def _unknown_connector(name: str, known: Iterable[str], at: str) -> InvalidRequest:
    there = f"There are: {', '.join(sorted(known))}." if known else "There are none."
    return InvalidRequest(
        f"No connector '{name}' is configured here. {there} Its operator adds one under [connectors.{name}] in "
        "antiphon.toml; or give the address of its server as server_url.",
        code="connector_not_configured",
        param=f"{at}.connector_id",
    )


def approved_calls(
    given: Sequence[Item], items: Sequence[Item], servers: Sequence[Server], stamp: Stamp
) -> tuple[Approved, ...]:
    """The calls that this request's own input approves. One that was made already, or answered since, isn't made again.

    Raises `InvalidRequest` for an approval of nothing, of a call that was changed, or of a server that isn't declared,
    and for two answers to one request.
    """
    if all(item.type != "mcp_approval_response" for item in given):
        return ()
    requests = {item.id: item for item in items if item.type == "mcp_approval_request"}
    by_label = {server.tool.server_label: server.tool for server in servers}
    made = {read(item.raw, _Call, item.at).approval_request_id for item in items if item.type == "mcp_call"}
    approved: list[Approved] = []
    answered = set[str]()
    for place, item in enumerate(given):
        if item.type != "mcp_approval_response":
            continue
        said = read(item.raw, _Response, item.at)
        asked = requests.get(said.approval_request_id)
        if said.approval_request_id in made or _is_history(asked, given[place + 1 :]):
            continue
        at = f"{item.at}.approval_request_id"
        if asked is None:
            raise InvalidRequest(f"No approval request '{said.approval_request_id}' came before.", param=at)
        if asked.id in answered:
            raise InvalidRequest(f"Approval request '{asked.id}' is answered twice. Answer it once.", param=at)
        answered.add(asked.id)
        if not said.approve:
            continue
        request = read(asked.raw, _Request, asked.at)
        server = by_label.get(request.server_label)
        if server is None:
            raise InvalidRequest(f"'tools' has no MCP server '{request.server_label}' to call.", param="tools")
        if not stamp.confirms(approval_text(server, request.name, request.arguments), mark_of(asked.id) or ""):
            raise InvalidRequest(
                f"The call of '{asked.id}' isn't the one that approval was asked for here: its server, its name or its "
                "arguments are others, or this server's sealing keys are.",
                param=at,
            )
        approved.append(Approved(asked.id, server, request.name, request.arguments))
    return tuple(approved)


def _is_history(asked: Item | None, later: Sequence[Item]) -> bool:
    """Whether the model went on after a client's word: who sends the whole conversation sends that again too."""
    for item in later:
        if item.type == "reasoning" or (isinstance(item.view, MessageView) and item.view.role == "assistant"):
            return True
        if item.type == "mcp_call" and asked is not None:
            call, wanted = read(item.raw, _Call, item.at), read(asked.raw, _Request, asked.at)
            if (call.server_label, call.name, call.arguments) == (wanted.server_label, wanted.name, wanted.arguments):
                return True
    return False


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
