"""An account as spans. What a collector gets: tests/server/test_seen.py."""

from seen_runs import account

from antiphon.engine.commands import CallTool, Check, Command, Finish, ListTools
from antiphon.engine.constraints import Constraint
from antiphon.engine.kinds.face import Outcome
from antiphon.engine.replies import Reply, ToolDone
from antiphon.seen.context import OUTGOING
from antiphon.seen.otlp import CLIENT, INTERNAL, SERVER
from antiphon.seen.spans import spans_of
from antiphon.wire.mcp import McpTool


def chance(size: int) -> bytes:
    return b"\x01" * size


def test_an_account_without_a_trace_has_none() -> None:
    assert list(spans_of(account(), lambda *_: "")) == []


def test_what_each_of_them_is_called() -> None:
    tool = McpTool(server_label="shop")
    told: list[Command | Reply] = [
        ListTools(tool), Check("k", Constraint("regex", "a")), CallTool("c", "mcp", {"name": "f"}, ""),
        ToolDone("c", Outcome(error={"code": "x"})), Finish(),
    ]  # fmt: skip
    spans = list(spans_of(account(told, chance, user="ann"), lambda project, user: f"{project}:{user}"))
    OUTGOING.set(None)
    assert [span.name for span in spans] == ["response up/m", "list_tools shop", "check", "execute_tool f"]
    assert [span.kind for span in spans] == [SERVER, CLIENT, INTERNAL, INTERNAL]
    assert spans[0].attributes["enduser.pseudo.id"] == "p:ann"
    assert (spans[-1].fault, spans[0].fault) == ("tool_error", None)
    assert spans[-1].attributes["error.type"] == "tool_error"
    assert spans[0].parent == b""
    assert {span.parent for span in spans[1:]} == {spans[0].id}
    assert len({span.id for span in spans}) == len(spans)
