"""What an MCP tool's fields mean: which tools may be called, which calls wait for approval, what the model reads.

Not here: asking the server (`tools/mcp.py`). Counterpart: the Structs of `wire/mcp.py`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest
from antiphon.wire.mcp import ListedTool, McpCallError, McpTool, McpToolExecutionError, ToolFilter

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\t]")
# Set by whoever sends the message; a second one would cut it elsewhere, or lead it astray.
_FRAMING = frozenset({"connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade"})


def read_mcp_tool(raw: bytes | msgspec.Raw, at: str) -> McpTool:
    """The tool that a request declares at `at` (`tools[0]`).

    Raises `InvalidRequest` for a field that is missing, mistyped or contradicts another; its message holds no value
    that may be a secret.
    """
    tool = read(raw, McpTool, at)
    if not tool.server_label:
        raise _invalid(at, "server_label", "must not be empty")
    if tool.server_url is not None:
        _check_url(tool.server_url, at)
    elif tool.connector_id is None:
        raise InvalidRequest(
            f"Missing required parameter: '{at}.server_url'. An MCP tool needs a server_url or a connector_id.",
            code="missing_required_parameter",
            param=f"{at}.server_url",
        )
    _check_headers(tool, at)
    return tool


def place_of(tool: McpTool) -> str:
    """The server behind a tool, without what may be secret: its connector, or its address without user and query."""
    if tool.server_url is None:
        return f"connector:{tool.connector_id}"
    parts = urlsplit(tool.server_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def allowed(tool: McpTool, listed: Iterable[ListedTool]) -> list[ListedTool]:
    """Those of a server's tools that the request lets the model call, in the server's order."""
    wanted = tool.allowed_tools
    if wanted is None:
        return list(listed)
    chosen = wanted if isinstance(wanted, ToolFilter) else ToolFilter(tool_names=wanted)
    return [one for one in listed if _matches(chosen, one)]


def needs_approval(tool: McpTool, listed: ListedTool) -> bool:
    """Whether a call of this tool waits for the client's approval.

    So it is unless the request says otherwise; a tool in neither of the two filters needs approval too, and one in
    both.
    """
    rule = tool.require_approval
    if rule is None or rule == "always":
        return True
    if rule == "never":
        return False
    return _names(rule.always, listed) or not _names(rule.never, listed)


def read_only(listed: ListedTool) -> bool:
    """Whether the server says that a tool changes nothing. What it doesn't say counts as no."""
    return bool((listed.annotations or {}).get("read_only"))


def output_text(content: Iterable[Mapping[str, Any]], structured: object = None) -> str:
    """A result as text: its MCP content blocks one below the other, or its structured content where it has none.

    Images, sounds and binary resources are named by their type and size in bytes.
    """
    text = "\n".join(map(_block_text, content))
    return text if text or structured is None else json.dumps(structured, ensure_ascii=False)


def error_text(error: McpCallError) -> str:
    """What the model reads of a call that failed."""
    if isinstance(error, McpToolExecutionError):
        return output_text(error.content) or "The tool failed and gave no reason."
    return error.message


def _matches(chosen: ToolFilter, listed: ListedTool) -> bool:
    named = chosen.tool_names is None or listed.name in chosen.tool_names
    return named and (chosen.read_only is None or chosen.read_only == read_only(listed))


def _names(chosen: ToolFilter | None, listed: ListedTool) -> bool:
    """As `_matches`, but a filter that filters nothing names no tool: it would wave every call through."""
    if chosen is None or (chosen.tool_names is None and chosen.read_only is None):
        return False
    return _matches(chosen, listed)


def _block_text(block: Mapping[str, Any]) -> str:
    match block:
        case {"type": "text", "text": str(text)}:
            return text
        case {"type": "resource", "resource": {"text": str(text)}}:
            return text
        case {"type": "resource", "resource": {"uri": uri, "blob": str(blob), **rest}}:
            return f"[resource {uri}, {rest.get('mimeType') or 'binary'}, {_size(blob)} bytes]"
        case {"type": "resource_link", "uri": uri, **rest}:
            return f"[resource {rest.get('name') or uri}: {uri}]"
        case {"type": ("image" | "audio") as kind, "data": str(data), **rest}:
            return f"[{kind}, {rest.get('mimeType') or 'of unknown type'}, {_size(data)} bytes]"
    return json.dumps(block, ensure_ascii=False)


def _size(base64: str) -> int:
    return len(base64.rstrip("=")) * 3 // 4


def _check_url(url: str, at: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.hostname and parts.port != 0 and not re.search(r"[\s\x00-\x1f\x7f]", url)
    except ValueError:
        usable, parts = None, urlsplit("")
    if not usable or parts.scheme not in {"http", "https"}:
        raise _invalid(at, "server_url", "must be the address of an MCP server, beginning with https:// or http://")


def _check_headers(tool: McpTool, at: str) -> None:
    if tool.authorization is not None and _UNPRINTABLE.search(tool.authorization):
        raise _invalid(at, "authorization", "holds characters that no HTTP header can carry")
    for name, value in (tool.headers or {}).items():
        if not _TOKEN.fullmatch(name) or _UNPRINTABLE.search(value):
            raise _invalid(at, "headers", "holds a name or a value that no HTTP header can carry")
        if name.lower() in _FRAMING:
            raise _invalid(at, "headers", f"may not set {name.lower()}: it belongs to the connection")
        if name.lower() == "authorization" and tool.authorization is not None:
            raise _invalid(at, "headers", "sets Authorization, and so does 'authorization': send one of them")


def _invalid(at: str, field: str, what: str) -> InvalidRequest:
    return InvalidRequest(f"Invalid value: '{at}.{field}' {what}.", code="invalid_value", param=f"{at}.{field}")
