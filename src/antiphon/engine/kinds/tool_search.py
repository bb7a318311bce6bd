"""`tool_search`: the model looks for tools that were declared with `defer_loading`, here or at the client.

A chat model is offered a function `tool_search`. Executed by this server, the call is answered at once and a
`tool_search_output` follows it; executed by the client, the call is the client's. Source: API reference and recorded
streams. Not here: what is found (`engine/tool_search.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from antiphon.engine.kinds.face import Face, Outcome, arguments_in
from antiphon.engine.open_items import Piece, WholeItem, added, done
from antiphon.wire import events as ev
from antiphon.wire.items import ToolSearchCall, ToolSearchOutput

TOOL_SEARCH = "tool_search"
QUERY = {
    "type": "object",
    "properties": {"query": {"type": "string", "description": "Words for what the tool should do, or its name."}},
    "required": ["query"],
}
SHOWN = 50
"""Names in the description of the search; a model that doesn't see a name can still search by words."""


class ToolSearchFace(Face):
    """A `tool_search_call`; `about["execution"]` says whose it is. One of this server has no call id."""

    prefix = "tsc"
    streams = False

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> ToolSearchCall:
        execution = self.binding.about["execution"]
        return ToolSearchCall(
            id=self.id,
            status=status,
            call_id=self.call_id if execution == "client" else None,
            execution=execution,
            arguments={} if status == "in_progress" else arguments_in(arguments),
        )


class FoundItem(WholeItem):
    """The `tool_search_output` of a search that this server made; whole when it begins."""

    def __init__(self, item_id: str, tools: Sequence[Mapping[str, Any]]) -> None:
        self.id = item_id
        self.tools = [dict(tool) for tool in tools]
        self._index = -1

    def open(self, output_index: int, held: Sequence[Piece]) -> list[ev.Event]:
        self._index = output_index
        return [added(output_index, ToolSearchOutput(id=self.id, status="in_progress"))]

    def close(self, status: str) -> list[ev.Event]:
        tools = [msgspec.Raw(msgspec.json.encode(tool)) for tool in self.tools]
        return [done(self._index, ToolSearchOutput(id=self.id, status="completed", tools=tools))]


def client_search(tool: Mapping[str, Any]) -> dict[str, Any]:
    """The function for a search that the client makes: its own parameters, or one string."""
    said = tool.get("description")
    parameters = tool.get("parameters")
    return {
        "name": TOOL_SEARCH,
        "description": said if isinstance(said, str) and said else "Search for more tools that can be called.",
        "parameters": parameters if isinstance(parameters, dict) else QUERY,
    }


def server_search(names: Sequence[str], groups: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The function for a search that this server makes: it tells the `names`, and `groups` with their descriptions."""
    said = ["Search for more tools. What is found can be called from the next turn on."]
    said += [f"- {name}: {description}" if description else f"- {name}" for name, description in groups]
    if names:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        said.append(f"Tools that can be found: {', '.join(names[:SHOWN])}{more}.")
    return {"name": TOOL_SEARCH, "description": "\n".join(said), "parameters": QUERY}
