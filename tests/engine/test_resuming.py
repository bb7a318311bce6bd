"""What is known when a run is taken up; the going on itself is in `test_durable.py`."""

import pytest

from antiphon.engine.kinds.face import Binding
from antiphon.engine.kinds.mcp import McpFace
from antiphon.engine.kinds.web_search import WebSearchFace
from antiphon.engine.reopened import Seen
from antiphon.engine.resuming import UNKNOWN_OUTCOME, Resumption, repeatable, unknown
from antiphon.engine.run_state import KeptPast, KeptTurn, RunState
from antiphon.wire.answers import StoredItem

STATE = RunState(phase="calling", sequence=9, turns=[KeptPast(["msg_1"])], waiting=KeptTurn(ids=["msg_2"], items=[]))
ITEMS = [
    StoredItem("msg_1", b'{"type":"message","id":"msg_1","role":"assistant","content":[]}'),
    StoredItem("msg_2", b'{"type":"mcp_list_tools","server_label":"s","tools":[{"name":"f","input_schema":{}}]}'),
]


def mcp(label: str, name: str, *, again: bool = False) -> Binding:
    return Binding(McpFace, "mcp", {"server_label": label, "name": name}, repeatable=again)


@pytest.mark.parametrize(
    ("binding", "names", "may"),
    [
        (mcp("s", "f"), set(), False),
        (mcp("s", "f", again=True), set(), True),
        (mcp("s", "f"), {"s.f"}, True),
        (mcp("s", "f"), {"s.*"}, True),
        (mcp("s", "f"), {"s.g", "t.*", "mcp", "f"}, False),
        (mcp("s", "known"), set(), True),
        (Binding(WebSearchFace, "web_search", repeatable=True), set(), True),
        (Binding(WebSearchFace, "code_interpreter"), set(), False),
        (Binding(WebSearchFace, "code_interpreter"), {"code_interpreter"}, True),
    ],
)
def test_which_calls_may_be_made_twice(binding: Binding, names: set[str], *, may: bool) -> None:
    assert repeatable(binding, [mcp("s", "known", again=True)], frozenset(names)) is may


def test_the_outcome_of_another_is_unknown() -> None:
    outcome = unknown(mcp("s", "f"))
    assert outcome.error == {
        "type": "mcp_tool_execution_error",
        "content": [{"type": "text", "text": UNKNOWN_OUTCOME}],
    }


def test_the_next_event_follows_the_last_that_anybody_saw() -> None:
    assert Resumption(STATE, ITEMS).sequence == 9
    assert Resumption(STATE, ITEMS, Seen(last=11, begun=True)).sequence == 12
    assert [Resumption(STATE, ITEMS, Seen(begun=begun)).begun for begun in (True, False)] == [True, False]


def test_a_turn_whose_calls_are_waited_for_goes_on() -> None:
    resumed = Resumption(STATE, ITEMS)
    assert (resumed.waits, resumed.closed()) == (True, [])
    assert [past.output for past in resumed.past([])] == [resumed.output(["msg_1"])]
    assert list(resumed.lists()) == ["s"]
