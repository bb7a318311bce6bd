"""An account as spans. What a collector gets: tests/server/test_seen.py."""

from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import SpanKind, StatusCode
from seen_runs import account

from antiphon.engine.commands import CallTool, Check, Command, Finish, ListTools
from antiphon.engine.constraints import Constraint
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.replies import Reply, ToolDone
from antiphon.seen.context import OUTGOING
from antiphon.seen.spans import spans_of
from antiphon.wire.mcp import McpTool

NOBODY = Resource({})


def chance(size: int) -> bytes:
    return b"\x01" * size


def test_an_account_without_a_trace_has_none() -> None:
    assert list(spans_of(account(), NOBODY, lambda *_: "")) == []


def test_what_each_of_them_is_called() -> None:
    tool = McpTool(server_label="shop")
    told: list[Command | Reply] = [
        ListTools(tool), Check("k", Constraint("regex", "a")), CallTool("c", "mcp", {"name": "f"}, ""),
        ToolDone("c", Outcome(error={"code": "x"})), Finish(),
    ]  # fmt: skip
    spans = list(spans_of(account(told, chance, user="ann"), NOBODY, lambda project, user: f"{project}:{user}"))
    OUTGOING.set(None)
    assert [span.name for span in spans] == ["response up/m", "list_tools shop", "check", "execute_tool f"]
    assert [span.kind for span in spans] == [SpanKind.SERVER, SpanKind.CLIENT, SpanKind.INTERNAL, SpanKind.INTERNAL]
    assert (spans[0].attributes or {})["enduser.pseudo.id"] == "p:ann"
    assert spans[-1].status.status_code is StatusCode.ERROR
    assert (spans[-1].attributes or {})["error.type"] == "tool_error"
    assert spans[0].parent is None
