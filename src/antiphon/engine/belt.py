"""The tools of a run while it runs: of the request, of MCP servers, and those it searched for.

Pure. Not here: the request's own tools (`toolbox.py`), asking a server (`tools/mcp.py`). Counterpart: `run.py`,
which asks the model with what is on the belt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from antiphon.engine.choice import Choice
from antiphon.engine.kinds.face import Binding, Origin
from antiphon.engine.kinds.mcp import ApprovalFace, McpFace
from antiphon.engine.kinds.tool_search import TOOL_SEARCH
from antiphon.engine.mcp import allowed, needs_approval, read_only
from antiphon.engine.naming import chat_name
from antiphon.engine.own import Stamp, Unkeyed
from antiphon.engine.tool_search import Deferred, search
from antiphon.wire.mcp import ListedTool, McpTool

ChatTool = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Server:
    """An MCP server of the request. `listed` are its tools where the context holds them already.

    `shown` is the tool as the client may see it. With `deferred` its tools wait to be searched for, those aside that
    were `found` before; None is all of them.
    """

    tool: McpTool
    listed: tuple[ListedTool, ...] | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)
    deferred: bool = False
    found: frozenset[str] | None = frozenset()

    def waits(self, name: str) -> bool:
        """Whether one of its tools can't be called before it was searched for."""
        return self.deferred and self.found is not None and name not in self.found


class Belt:
    """Chat tools and what their names stand for; `choice` says which of them may be called when.

    `deferred` are those that the model must search for first; `bindings` know them all the same. `found` are the names
    of those that it found.
    """

    def __init__(
        self,
        tools: Sequence[ChatTool] = (),
        bindings: Mapping[str, Binding] | None = None,
        choice: Choice | None = None,
        deferred: Sequence[Deferred] = (),
        stamp: Stamp | None = None,
    ) -> None:
        self._stamp = stamp or Unkeyed()
        self.bindings = dict(bindings or {})
        self.found: list[str] = []
        self._tools = {tool["function"]["name"]: tool for tool in tools}
        self._choice = choice or Choice()
        self._deferred = {one.function["name"]: one for one in deferred}

    def add(self, server: Server, listed: Sequence[ListedTool]) -> None:
        """Offer a server's tools. A name that is taken gets the server's label before it."""
        for tool in allowed(server.tool, listed):
            name = tool.name if tool.name not in self.bindings else chat_name(tool.name, server.tool.server_label)
            binding = self.bindings[name] = _bound(server.tool, tool, self._stamp)
            function = {"name": name, "description": tool.description, "parameters": tool.input_schema}
            said = {key: value for key, value in function.items() if value is not None}
            if server.waits(tool.name):
                self._deferred[name] = Deferred(said, binding, {"name": tool.name}, server.shown)
            else:
                self._tools[name] = {"type": "function", "function": said}

    def search(self, asked: str) -> list[Deferred]:
        """What a search finds; from now on it is offered."""
        may = [one for one in self._deferred.values() if self._choice.admits(one.binding.origin, first=False)]
        found = search(may, asked)
        self.find([one.function["name"] for one in found])
        return found

    def find(self, names: Sequence[str]) -> None:
        """From now on these are offered; those that needn't be searched for are already."""
        for name in names:
            one = self._deferred.pop(name, None)
            if one is not None:
                self._tools[name] = {"type": "function", "function": one.function}
                self.found.append(name)

    def fields(self, *, first: bool, spent: bool) -> dict[str, Any]:
        """`tools` and `tool_choice` of a chat request.

        What had to be called was called in the `first` turn; when no call may follow (`spent`), none is offered.
        """
        if not self._tools:
            return {}
        names = [name for name in self._tools if self._admitted(name, first=first)]
        if not names and self._choice.forced:
            # What was to be called turned out not to be there.
            return {} if spent else {"tools": list(self._tools.values())}
        if spent or not names:
            return {}
        chosen = self._choice.chosen(names, first=first)
        offered = self._tools if isinstance(chosen, dict) else names
        fields: dict[str, Any] = {"tools": [self._tools[name] for name in offered]}
        if chosen is not None:
            fields["tool_choice"] = chosen
        return fields

    def _admitted(self, name: str, *, first: bool) -> bool:
        """Whether the choice lets a function be called; a search goes with the tools that it may find."""
        origin = self.bindings[name].origin if name in self.bindings else Origin("")
        if origin.type == TOOL_SEARCH and self._choice.mode != "none":
            return not (first and self._choice.forced) or self._choice.admits(origin, first=first)
        return self._choice.admits(origin, first=first)


def _bound(server: McpTool, tool: ListedTool, stamp: Stamp) -> Binding:
    """What a listed tool's name stands for: a call of this server's, or a question to the client first."""
    about = {"server_label": server.server_label, "name": tool.name, "server": server}
    origin = Origin("mcp", tool.name, server.server_label)
    again = read_only(tool) or bool((tool.annotations or {}).get("idempotent"))
    if needs_approval(server, tool):
        return Binding(ApprovalFace, about={**about, "stamp": stamp}, origin=origin, repeatable=again)
    return Binding(McpFace, "mcp", about, origin, repeatable=again)
