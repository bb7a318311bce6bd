"""MCP on the wire: the tool a request declares, what a server lists, and the errors of a call.

Source: API reference, `tools` of type `mcp`, the items `mcp_list_tools` and `mcp_call` (`McpToolCallError`).
Not here: what the fields mean (`engine/mcp.py`), asking a server (`tools/mcp.py`).
"""

from typing import Any, Literal

import msgspec


class ToolFilter(msgspec.Struct, kw_only=True):
    """Which tools of a server are meant: those named, those that say they only read, or both together."""

    read_only: bool | None = None
    tool_names: list[str] | None = None


class Approval(msgspec.Struct, kw_only=True):
    """Which tools need the client's approval before each call, and which don't."""

    always: ToolFilter | None = None
    never: ToolFilter | None = None


class McpTool(msgspec.Struct, tag="mcp", kw_only=True):
    """A server whose tools the model may call. One of `server_url` and `connector_id` is there.

    `authorization` is a bearer token, without the word.
    """

    server_label: str
    server_url: str | None = None
    connector_id: str | None = None
    authorization: str | None = None
    headers: dict[str, str] | None = None
    allowed_tools: list[str] | ToolFilter | None = None
    require_approval: Literal["always", "never"] | Approval | None = None
    server_description: str | None = None
    defer_loading: bool | None = None

    def __repr__(self) -> str:
        # The address, the headers and the authorization may each hold a secret.
        return f"McpTool(server_label={self.server_label!r})"


class ListedTool(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A tool as its server lists it, in the shape of an `mcp_list_tools` item's members.

    What it doesn't have isn't there: clients refuse a null.
    """

    name: str
    input_schema: dict[str, Any]
    description: str | None = None
    annotations: dict[str, Any] | None = None


class McpProtocolError(msgspec.Struct, tag="mcp_protocol_error", kw_only=True):
    """The server answered with a JSON-RPC error, or with what isn't MCP. `code` is JSON-RPC's."""

    code: int
    message: str


class McpToolExecutionError(msgspec.Struct, tag="mcp_tool_execution_error", kw_only=True):
    """The tool ran and failed; `content` is what it says, as a list of MCP content blocks."""

    content: list[Any]


class McpHttpError(msgspec.Struct, tag="http_error", kw_only=True):
    """The server couldn't be reached, or answered with an error status, which is `code`."""

    code: int
    message: str


McpCallError = McpProtocolError | McpToolExecutionError | McpHttpError
