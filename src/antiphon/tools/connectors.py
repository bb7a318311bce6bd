"""Connectors: MCP servers that the operator names, so that a request need not hold their address or their credentials.

They stand under `[connectors.NAME]` in antiphon.toml. Not here: the file (`config.py`), asking the server (`mcp.py`).
Counterpart: `connector_id` of an MCP tool (`engine/mcp_context.py`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from antiphon.engine.mcp import read_mcp_tool
from antiphon.errors import ConfigFault, InvalidRequest
from antiphon.wire.mcp import McpTool


class ConnectorSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One connector. `authorization_env` names the variable of its bearer token, `headers_env` those of its headers."""

    server_url: str
    authorization_env: str | None = None
    headers_env: dict[str, str] = {}
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Connector:
    """A server by its address, with its credentials. `allow_private`: it may stand in this machine's own network."""

    url: str = field(repr=False)
    authorization: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    allow_private: bool = False

    def given(self, tool: McpTool) -> McpTool:
        """The tool with what it needs for its server. What the request itself brings goes before what is configured."""
        theirs = {name.lower() for name in tool.headers or {}}
        authorized = tool.authorization is not None or "authorization" in theirs
        kept = {name: value for name, value in self.headers.items() if name.lower() not in theirs}
        if authorized:
            kept = {name: value for name, value in kept.items() if name.lower() != "authorization"}
        return msgspec.structs.replace(
            tool,
            server_url=self.url,
            authorization=tool.authorization if authorized else self.authorization,
            headers={**kept, **(tool.headers or {})},
        )


def make_connectors(settings: Mapping[str, ConnectorSettings], key: Callable[[str, str], str]) -> dict[str, Connector]:
    """Connectors by name; `key` gives the value of a variable, or raises. Raises `ConfigFault`."""
    return {name: _connector(name, said, key) for name, said in settings.items()}


def _connector(name: str, said: ConnectorSettings, key: Callable[[str, str], str]) -> Connector:
    authorization = key(said.authorization_env, name) if said.authorization_env else None
    headers = {header: key(variable, name) for header, variable in said.headers_env.items()}
    tool = McpTool(server_label=name, server_url=said.server_url, authorization=authorization, headers=headers)
    try:
        read_mcp_tool(msgspec.json.encode(tool), f"connectors.{name}")
    except InvalidRequest as error:
        raise ConfigFault(f"[connectors.{name}]: {error.message}") from None
    return Connector(said.server_url, authorization, headers, said.allow_private)
