"""Stored answers told again as chunks: a `Turn` makes the same items of them."""

from typing import Any

import msgspec
import pytest

from antiphon.engine.input import Item, stored_item
from antiphon.engine.retelling import chunks, last_chunks, request_of, turns
from antiphon.wire.answers import StoredItem

Json = dict[str, Any]


def item(kind: str, **members: Any) -> Item:
    value = {"id": f"{kind}_1", "type": kind, **members}
    return stored_item(StoredItem(id=value["id"], raw=msgspec.json.encode(value)))


def message(text: str) -> Item:
    return item("message", role="assistant", content=[{"type": "output_text", "text": text, "annotations": []}])


def mcp(name: str, **more: Any) -> Item:
    return item("mcp_call", name=name, arguments="{}", server_label="shop", output="x", **more)


LISTED = item("mcp_list_tools", server_label="shop", tools=[])
CALL = item("function_call", call_id="call_1", name="f", arguments="{}")


@pytest.mark.parametrize(
    ("output", "lengths"),
    [
        ([], [0]),
        ([message("a"), CALL], [2]),
        ([LISTED, message("a"), mcp("one"), mcp("two"), message("b")], [3, 1]),
        ([mcp("one"), CALL], [1, 1]),
        ([mcp("one"), message("a"), mcp("two")], [1, 2, 0]),
        ([mcp("one", approval_request_id="mcpr_1"), message("a")], [1]),
        ([item("tool_search_call", arguments={}), item("tool_search_output", tools=[]), CALL], [1, 1]),
    ],
)
def test_a_call_that_has_its_answer_ends_a_turn(output: list[Item], lengths: list[int]) -> None:
    assert [len(turn) for turn in turns(output)] == lengths


def deltas(*items: Item, offered: tuple[str, ...] = ()) -> list[Json]:
    return [chunk["choices"][0]["delta"] for chunk in chunks(items, offered)][1:]


def test_what_was_said_is_said_again() -> None:
    cited = {"type": "url_citation", "url": "http://a", "title": "A", "start_index": 0, "end_index": 1}
    parts = [
        {"type": "output_text", "text": "Hi", "annotations": [cited]},
        {"type": "refusal", "refusal": "No."},
    ]
    said = deltas(
        item("reasoning", summary=[{"type": "summary_text", "text": "Hm."}]),
        item("message", role="assistant", content=parts),
        CALL,
    )
    assert said == [
        {"reasoning_content": "Hm."},
        {"content": "Hi"},
        {"annotations": [{"type": "url_citation", "url_citation": {k: v for k, v in cited.items() if k != "type"}}]},
        {"refusal": "No."},
        {
            "tool_calls": [
                {"index": 0, "type": "function", "id": "call_1", "function": {"name": "f", "arguments": "{}"}}
            ]
        },
    ]


@pytest.mark.parametrize(("offered", "name"), [(("add",), "add"), (("add", "shop__add"), "shop__add")])
def test_a_servers_tool_is_called_by_the_name_that_was_offered(offered: tuple[str, ...], name: str) -> None:
    asked = item("mcp_approval_request", name="add", arguments="{}", server_label="shop")
    for each in (mcp("add"), asked):
        (said,) = deltas(each, offered=offered)
        assert said["tool_calls"][0]["function"]["name"] == name


@pytest.mark.parametrize(
    ("response", "finish"),
    [
        ({"status": "completed"}, "stop"),
        ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "content_filter"),
    ],
)
def test_an_answer_ends_as_it_ended(response: Json, finish: str) -> None:
    (last,) = last_chunks(response, calls=False)
    assert last["choices"][0]["finish_reason"] == finish
    assert last_chunks({**response, "usage": {"input_tokens": 3}}, calls=False)[1]["usage"]["prompt_tokens"] == 3


def test_a_failure_is_told_inside_the_stream() -> None:
    response = {"status": "failed", "error": {"code": "server_error", "message": "Broken."}}
    assert last_chunks(response, calls=False) == [{"error": {"message": "Broken.", "code": "server_error"}}]


def test_the_request_has_what_was_said_and_no_defaults() -> None:
    response = {
        "id": "resp_1", "model": "m", "temperature": 1.0, "top_p": 0.5, "service_tier": "default", "metadata": {},
        "text": {"format": {"type": "text"}}, "reasoning": {"effort": "low", "summary": None},
        "tools": [{"type": "function", "name": "f", "strict": None}], "previous_response_id": "resp_0",
    }  # fmt: skip
    assert request_of(response, [message("Hi")]) == {
        "model": "m",
        "top_p": 0.5,
        "reasoning": {"effort": "low"},
        "tools": [{"type": "function", "name": "f"}],
        "input": [msgspec.json.decode(message("Hi").raw)],
    }
