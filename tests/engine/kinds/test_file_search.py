"""File search as a call: what a tool may say, and the item while it is made."""

from typing import Any

import pytest
from engine_answers import answered, call

from antiphon.engine.kinds.face import Binding, Outcome
from antiphon.engine.kinds.file_search import FileSearchFace, read_file_search
from antiphon.errors import InvalidRequest
from antiphon.wire import events as ev

TOOL = {"type": "file_search", "vector_store_ids": ["vs_1"]}


def test_a_call_that_was_cut_is_incomplete_and_not_made() -> None:
    end = {"choices": [{"delta": {}, "finish_reason": "length"}]}
    answer = answered(call(0, "call_1", "file_search", '{"query"'), call(0, arguments=': "ca'), end, tools=[TOOL])
    (item,) = answer.output
    assert (item["type"], item["status"], item["queries"]) == ("file_search_call", "incomplete", [])
    assert item["results"] is None
    assert answer.names[:3] == ["output_item.added", "file_search_call.in_progress", "file_search_call.searching"]


def test_the_item_tells_the_queries_and_what_was_found() -> None:
    face = FileSearchFace("fs_1", "call_1", "file_search", Binding(FileSearchFace, "file_search"))
    begun = face.item("in_progress", '{"query": "cats"}')
    assert (begun.queries, begun.results) == ([], None)
    found = Outcome("", shown={"results": [{"file_id": "file-1"}]})
    done = face.item("completed", '{"queries": ["cats", "dogs"]}', found)
    assert (done.status, done.queries, done.results) == ("completed", ["cats", "dogs"], [{"file_id": "file-1"}])
    assert [type(event) for event in face.ended(found)] == [ev.FileSearchCompleted]
    failed = Outcome(error={"code": "x", "message": "m"})
    assert face.item("completed", '{"query": "cats"}', failed).status == "failed"
    assert face.ended(failed) == []


@pytest.mark.parametrize(
    ("members", "param", "code"),
    [
        ({}, "tools[0].vector_store_ids", "missing_required_parameter"),
        ({"vector_store_ids": []}, "tools[0].vector_store_ids", "empty_array"),
        ({"vector_store_ids": "vs_1"}, "tools[0].vector_store_ids", "invalid_type"),
        ({"vector_store_ids": ["v"], "max_num_results": 51}, "tools[0].max_num_results", "invalid_value"),
        ({"vector_store_ids": ["v"], "max_num_results": 0}, "tools[0].max_num_results", "invalid_value"),
        ({"vector_store_ids": ["v"], "filters": "x"}, "tools[0].filters", "invalid_type"),
        (
            {"vector_store_ids": ["v"], "ranking_options": {"ranker": "best"}},
            "tools[0].ranking_options.ranker",
            "invalid_value",
        ),
        (
            {"vector_store_ids": ["v"], "ranking_options": {"score_threshold": 2}},
            "tools[0].ranking_options.score_threshold",
            "invalid_value",
        ),
    ],
)
def test_what_is_wrong_with_a_tool_is_said_by_its_place(members: dict[str, Any], param: str, code: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_file_search({"type": "file_search", **members}, "tools[0]")
    assert (refused.value.param, refused.value.code) == (param, code)


def test_a_tool_may_say_how_to_search() -> None:
    ranking = {"ranker": "auto", "score_threshold": 0.5, "hybrid_search": {"embedding_weight": 1, "text_weight": 0}}
    tool = read_file_search({**TOOL, "max_num_results": 5, "filters": {"type": "eq"}, "ranking_options": ranking}, "t")
    assert (tool.max_num_results, tool.filters) == (5, {"type": "eq"})
    assert tool.ranking_options is not None
    assert tool.ranking_options.score_threshold == 0.5
