"""An account as spans. What a collector gets: tests/server/test_seen.py."""

from random import Random

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from seen_runs import account

from antiphon.engine.commands import CallTool, Check, Command, Finish, ListTools
from antiphon.engine.constraints import Constraint
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.replies import Reply, ToolDone
from antiphon.seen.context import OUTGOING
from antiphon.seen.otlp import CLIENT, INTERNAL, SERVER, Origin, traces
from antiphon.seen.spans import spans_of
from antiphon.wire.mcp import McpTool


def test_an_account_without_a_trace_has_none() -> None:
    assert spans_of(account(), lambda *_: "") == []


def test_what_each_of_them_is_called() -> None:
    tool = McpTool(server_label="shop")
    told: list[Command | Reply] = [
        ListTools(tool), Check("k", Constraint("regex", "a")), CallTool("c", "mcp", {"name": "f"}, ""),
        ToolDone("c", Outcome(error={"code": "x"})), Finish(),
    ]  # fmt: skip
    made = account(told, Random(1), user="ann")
    OUTGOING.set(None)
    said = traces(spans_of(made, lambda project, user: f"{project}:{user}"), Origin("here", "1"))
    spans = ExportTraceServiceRequest.FromString(said).resource_spans[0].scope_spans[0].spans
    about = [{pair.key: pair.value.string_value for pair in span.attributes} for span in spans]
    assert [span.name for span in spans] == ["response up/m", "list_tools shop", "check", "execute_tool f"]
    assert [span.kind for span in spans] == [SERVER, CLIENT, INTERNAL, INTERNAL]
    assert about[0]["enduser.pseudo.id"] == "p:ann"
    assert (spans[-1].status.message, spans[0].status.message) == ("tool_error", "")
    assert about[-1]["error.type"] == "tool_error"
    assert spans[0].parent_span_id == b""
    assert {span.parent_span_id for span in spans[1:]} == {spans[0].span_id}
    assert len({span.span_id for span in spans}) == len(spans)
