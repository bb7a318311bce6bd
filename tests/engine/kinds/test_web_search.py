"""Web search as a call: what a model may write, and the item while it is made."""

from typing import Any

import pytest
from engine_answers import answered, call

from antiphon.engine.kinds.web_search import read_web_search
from antiphon.errors import InvalidRequest


def test_a_call_that_was_cut_is_incomplete_and_not_made() -> None:
    end = {"choices": [{"delta": {}, "finish_reason": "length"}]}
    answer = answered(
        call(0, "call_1", "web_search", '{"query"'), call(0, arguments=': "ca'), end, tools=[{"type": "web_search"}]
    )
    (item,) = answer.output
    assert (item["type"], item["status"], item["action"]) == (
        "web_search_call", "incomplete", {"type": "search", "query": ""},
    )  # fmt: skip
    assert answer.names[:3] == ["output_item.added", "web_search_call.in_progress", "web_search_call.searching"]


@pytest.mark.parametrize(
    ("tool", "param"),
    [
        ({"search_context_size": "huge"}, "tools[0].search_context_size"),
        ({"filters": {"allowed_domains": "a.org"}}, "tools[0].filters.allowed_domains"),
        ({"filters": {"allowed_domains": ["a.org", "a b"]}}, "tools[0].filters.allowed_domains[1]"),
        ({"filters": {"allowed_domains": [""]}}, "tools[0].filters.allowed_domains[0]"),
        ({"filters": {"blocked_domains": ["a.org/path"]}}, "tools[0].filters.blocked_domains[0]"),
        ({"user_location": {"type": "exact"}}, "tools[0].user_location.type"),
    ],
)
def test_what_is_wrong_with_a_tool_is_said_by_its_place(tool: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_web_search({"type": "web_search", **tool}, "tools[0]")
    assert refused.value.param == param


def test_domains_may_be_written_in_any_script_and_with_a_scheme() -> None:
    listed = ["a.org", "https://b.org", "http://c.org/", "münchen.de", "localhost"]
    tool = read_web_search({"filters": {"allowed_domains": listed}}, "tools[0]")
    assert tool.filters is not None
    assert tool.filters.allowed_domains == listed
