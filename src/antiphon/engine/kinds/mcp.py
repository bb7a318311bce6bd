"""Calls of MCP tools: run by this server, or put to the client for approval first. Source: recorded streams."""

from collections.abc import Sequence
from typing import Any

import msgspec

from antiphon.engine.kinds.face import Face, Outcome
from antiphon.engine.mcp import place_of
from antiphon.engine.open_items import Piece, WholeItem, added, done
from antiphon.engine.own import marked
from antiphon.engine.replies import ToolsListed
from antiphon.wire import events as ev
from antiphon.wire.items import McpApprovalRequest, McpCall, McpListTools
from antiphon.wire.mcp import McpTool


def tool_error(message: str) -> dict[str, Any]:
    """An error of a tool in the API's shape."""
    return {"type": "mcp_tool_execution_error", "content": [{"type": "text", "text": message}]}


class ToolListItem(WholeItem):
    """An `mcp_list_tools` item; it opens when the server has answered, and is whole then."""

    def __init__(self, item_id: str, listed: ToolsListed) -> None:
        self.id = item_id
        self._listed = listed
        self._index = -1

    def open(self, output_index: int, held: Sequence[Piece]) -> list[ev.Event]:
        self._index = output_index
        item = McpListTools(id=self.id, server_label=self._listed.server_label)
        return [added(output_index, item), ev.McpListToolsInProgress(**self._place)]

    def close(self, status: str) -> list[ev.Event]:
        error = self._listed.error
        ended: ev.Event = ev.McpListToolsFailed(**self._place) if error else ev.McpListToolsCompleted(**self._place)
        tools = [msgspec.Raw(msgspec.json.encode(tool)) for tool in self._listed.tools]
        label = self._listed.server_label
        item = McpListTools(id=self.id, server_label=label, tools=tools, error=error or msgspec.UNSET)
        return [ended, done(self._index, item)]

    @property
    def _place(self) -> dict[str, Any]:
        return {"item_id": self.id, "output_index": self._index}


class McpFace(Face):
    """An `mcp_call`, from the first argument to the tool's answer."""

    prefix = "mcp"

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> McpCall:
        failed = outcome is not None and outcome.error is not None
        return McpCall(
            id=self.id,
            status="failed" if failed else status,
            server_label=self.binding.about["server_label"],
            name=self.binding.about["name"],
            arguments=arguments,
            approval_request_id=self.binding.about.get("approval_request_id"),
            output=outcome.output if outcome else None,
            error=outcome.error if outcome else None,
        )

    def first(self) -> list[ev.Event]:
        return [ev.McpCallInProgress(**self.place)]

    def delta(self, piece: str) -> list[ev.Event]:
        return [ev.McpCallArgumentsDelta(**self.place, delta=piece)]

    def last(self, arguments: str) -> list[ev.Event]:
        return [ev.McpCallArgumentsDone(**self.place, arguments=arguments)]

    @classmethod
    def fault(cls, message: str) -> dict[str, Any]:
        return tool_error(message)

    def ended(self, outcome: Outcome) -> list[ev.Event]:
        return [ev.McpCallFailed(**self.place) if outcome.error else ev.McpCallCompleted(**self.place)]


class ApprovalFace(Face):
    """An `mcp_approval_request`: the call waits for the client's word."""

    prefix = "mcpr"
    streams = False

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> McpApprovalRequest:
        about = self.binding.about
        label, name = about["server_label"], about["name"]
        # Nothing and `{}` are the same call: the first is what the item is added with, the second what it ends as.
        whole = arguments if arguments.strip() else "{}"
        item_id = marked(self.id, about["stamp"].mark(approval_text(about["server"], name, whole)))
        return McpApprovalRequest(id=item_id, server_label=label, name=name, arguments=whole)


def approval_text(server: McpTool, name: str, arguments: str) -> str:
    """What an approval is bound to: the mark of it ends the request's id."""
    return "\n".join([server.server_label, place_of(server), name, arguments])


def list_text(server: McpTool) -> str:
    """What a list of tools is bound to: the mark of it ends the id of its item."""
    return "\n".join([server.server_label, place_of(server)])
