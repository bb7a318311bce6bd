"""The tools of a run while it runs: those of the request, and those that MCP servers turn out to have.

Pure. Not here: the request's own tools (`toolbox.py`), asking a server (`tools/mcp.py`). Counterpart: `run.py`,
which asks the model with what is on the belt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from antiphon.engine.kinds.face import Binding
from antiphon.engine.kinds.mcp import ApprovalFace, McpFace
from antiphon.engine.mcp import allowed, needs_approval
from antiphon.wire.mcp import ListedTool, McpTool

ChatTool = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Server:
    """An MCP server of the request. `listed` are its tools where the context holds them already."""

    tool: McpTool
    listed: tuple[ListedTool, ...] | None = None


class Belt:
    """Chat tools and what their names stand for. `choice` is the chat model's tool_choice, if one was made."""

    def __init__(
        self,
        tools: Sequence[ChatTool] = (),
        bindings: Mapping[str, Binding] | None = None,
        choice: str | dict[str, Any] | None = None,
    ) -> None:
        self.bindings = dict(bindings or {})
        self._tools = list(tools)
        self._choice = choice

    def add(self, server: McpTool, listed: Sequence[ListedTool]) -> None:
        """Offer a server's tools. A name that is taken gets the server's label before it."""
        for tool in allowed(server, listed):
            name = tool.name if tool.name not in self.bindings else f"{server.server_label}__{tool.name}"
            waits = needs_approval(server, tool)
            about = {"server_label": server.server_label, "name": tool.name, "server": server}
            self.bindings[name] = Binding(ApprovalFace if waits else McpFace, server=not waits, about=about)
            function = {"name": name, "description": tool.description, "parameters": tool.input_schema}
            said = {key: value for key, value in function.items() if value is not None}
            self._tools.append({"type": "function", "function": said})

    def fields(self, *, first: bool, spent: bool) -> dict[str, Any]:
        """`tools` and `tool_choice` of a chat request.

        What had to be called was called in the `first` turn; when no call may follow (`spent`), none is offered.
        """
        if not self._tools or spent:
            return {}
        fields: dict[str, Any] = {"tools": self._tools}
        if self._choice is not None and (first or self._choice == "none"):
            fields["tool_choice"] = self._choice
        return fields
