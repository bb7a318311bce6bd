"""Calls of MCP tools: run by this server, or put to the client for approval first. Source: recorded streams."""

from antiphon.engine.kinds.face import Face, Outcome
from antiphon.wire import events as ev
from antiphon.wire.items import McpApprovalRequest, McpCall


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

    def ended(self, outcome: Outcome) -> list[ev.Event]:
        return [ev.McpCallFailed(**self.place) if outcome.error else ev.McpCallCompleted(**self.place)]


class ApprovalFace(Face):
    """An `mcp_approval_request`: the call waits for the client's word."""

    prefix = "mcpr"
    streams = False

    def item(self, status: str, arguments: str, outcome: Outcome | None = None) -> McpApprovalRequest:
        about = self.binding.about
        return McpApprovalRequest(
            id=self.id, server_label=about["server_label"], name=about["name"], arguments=arguments
        )
