"""Calls of every kind, told again to a chat model as the functions they once were."""

from typing import Any

import msgspec
import pytest

from antiphon.engine.kinds.retold import RETOLD, AnsweredCall
from antiphon.engine.tool_search import told
from antiphon.errors import InvalidRequest

Json = dict[str, Any]


def retold(item: Json) -> Any:
    return RETOLD[item["type"]](msgspec.json.encode(item), "input[0]")


@pytest.mark.parametrize(
    ("item", "name", "arguments"),
    [
        ({"type": "custom_tool_call", "name": "sql", "input": 'a"b'}, "sql", {"input": 'a"b'}),
        (
            {"type": "local_shell_call", "action": {"type": "exec", "command": ["ls"], "env": {}, "user": None}},
            "local_shell",
            {"command": ["ls"], "env": {}},
        ),
        (
            {"type": "shell_call", "action": {"commands": ["ls"], "timeout_ms": None}},
            "shell",
            {"commands": ["ls"]},
        ),
        (
            {"type": "apply_patch_call", "operation": {"type": "delete_file", "path": "a"}},
            "apply_patch",
            {"type": "delete_file", "path": "a"},
        ),
        (
            {"type": "custom_tool_call", "name": "sql", "namespace": "db", "input": ""},
            "db__sql",
            {"input": ""},
        ),
        (
            {"type": "computer_call", "action": {"type": "wait"}, "actions": None, "pending_safety_checks": []},
            "computer",
            {"action": {"type": "wait"}},
        ),
        ({"type": "tool_search_call", "arguments": {"goal": "g"}}, "tool_search", {"goal": "g"}),
        ({"type": "tool_search_call", "arguments": "words"}, "tool_search", {"query": "words"}),
    ],
)
def test_a_call_is_a_function_call_again(item: Json, name: str, arguments: Json) -> None:
    view = retold({**item, "call_id": "c"})
    assert (view.call_id, view.name, msgspec.json.decode(view.arguments)) == ("c", name, arguments)


@pytest.mark.parametrize(
    ("item", "output"),
    [
        ({"type": "custom_tool_call_output", "call_id": "c", "output": "3"}, "3"),
        ({"type": "local_shell_call_output", "id": "c", "output": "3"}, "3"),
        ({"type": "local_shell_call_output", "id": "x", "call_id": "c", "output": "3"}, "3"),
        ({"type": "apply_patch_call_output", "call_id": "c", "status": "failed", "output": "No."}, "failed: No."),
        ({"type": "apply_patch_call_output", "call_id": "c", "status": "failed", "output": None}, "failed"),
        ({"type": "apply_patch_call_output", "call_id": "c", "status": "completed", "output": "ok"}, "ok"),
        ({"type": "shell_call_output", "call_id": "c", "output": "a", "status": None, "max_output_length": 9}, "a"),
        ({"type": "tool_search_output", "call_id": "c", "tools": []}, told([])),
        ({"type": "apply_patch_call_output", "call_id": "c", "status": "completed"}, "completed"),
        (
            {
                "type": "shell_call_output",
                "call_id": "c",
                "output": [
                    {"stdout": "a\n", "stderr": "w\n", "outcome": {"type": "exit", "exit_code": 1}},
                    {"stdout": "", "stderr": "", "outcome": {"type": "timeout"}},
                ],
            },
            "a\nw\n[exit code 1]\n[timed out]",
        ),
    ],
)
def test_an_output_is_text(item: Json, output: str) -> None:
    view = retold(item)
    assert (view.call_id, view.output) == ("c", output)


@pytest.mark.parametrize(
    ("screen", "part"),
    [
        ({"image_url": "data:x"}, {"type": "input_image", "image_url": "data:x", "file_id": None}),
        ({"file_id": "file_1"}, {"type": "input_image", "image_url": None, "file_id": "file_1"}),
        ({}, {"type": "input_text", "text": "There is no picture of the screen."}),
    ],
)
def test_a_screen_is_a_picture(screen: Json, part: Json) -> None:
    view = retold({"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot", **screen}})
    assert [msgspec.json.decode(one) for one in view.output] == [part]


@pytest.mark.parametrize(
    ("more", "output"),
    [
        ({"output": "5"}, "5"),
        ({"output": None}, ""),
        ({"error": "Gone."}, "The call failed: Gone."),
        ({"error": {"type": "http_error", "code": 500, "message": "Broken."}}, "The call failed: Broken."),
        (
            {"error": {"type": "mcp_tool_execution_error", "content": [{"type": "text", "text": "No paper."}, 7]}},
            "The call failed: No paper.",
        ),
        ({"error": {"content": []}}, "The call failed: the tool gave no reason"),
        ({"error": {}}, "The call failed: the tool gave no reason"),
    ],
)
def test_an_mcp_call_carries_its_own_output(more: Json, output: str) -> None:
    item = {"type": "mcp_call", "name": "f", "arguments": "{}", **more}
    assert retold(item) == AnsweredCall("f", "{}", output)


SPARSE = {"file_search_call", "web_search_call", "image_generation_call", "code_interpreter_call"}
"""Calls of which older answers say little."""


@pytest.mark.parametrize("kind", sorted(SPARSE))
def test_a_call_of_this_servers_that_says_nothing_is_told_all_the_same(kind: str) -> None:
    told = retold({"type": kind})
    assert isinstance(told, AnsweredCall)
    assert told.output


def test_a_search_is_told_with_what_it_found() -> None:
    action = {"type": "search", "query": "cats", "sources": [{"type": "url", "url": "https://a.org"}]}
    call = AnsweredCall("web_search", '{"query":"cats"}', "The search was made.\n\nhttps://a.org")
    assert retold({"type": "web_search_call", "action": action}) == call
    results = [{"url": "https://a.org", "title": "A", "text": "Cats."}, 5]
    told = retold({"type": "web_search_call", "action": action, "results": results})
    assert told == AnsweredCall("web_search", '{"query":"cats"}', "The search was made.\n\nA\nhttps://a.org\nCats.")
    failed = retold({"type": "web_search_call", "action": action, "status": "failed"})
    assert failed == AnsweredCall("web_search", '{"query":"cats"}', "The search failed.")
    opened = {"type": "open_page", "url": "https://a.org"}
    visit = AnsweredCall("web_search", '{"query":"https://a.org"}', "The search was made.")
    assert retold({"type": "web_search_call", "action": opened}) == visit


def test_a_picture_is_told_without_its_bytes() -> None:
    item = {"type": "image_generation_call", "result": "aGk=", "revised_prompt": "A cat"}
    told = "The picture was made, and the user was shown it."
    assert retold(item) == AnsweredCall("image_generation", '{"prompt":"A cat"}', told)
    failed = retold({"type": "image_generation_call", "result": None})
    assert failed == AnsweredCall("image_generation", '{"prompt":""}', "The picture couldn't be made.")


def test_a_search_of_files_is_told_with_what_it_found() -> None:
    def told(**item: Any) -> Any:
        return retold({"type": "file_search_call", "id": "fs_1", **item})

    assert told(queries=["cats"]) == AnsweredCall("file_search", '{"query":"cats"}', "The search was made.")
    found = told(queries=["a", "b"], results=[{"filename": "a.md", "text": "Cats."}, 5])
    assert found == AnsweredCall("file_search", '{"queries":["a","b"]}', "The search was made.\n\na.md\nCats.")
    assert told(queries=[], status="failed") == AnsweredCall("file_search", '{"queries":[]}', "The search failed.")


@pytest.mark.parametrize("kind", sorted(RETOLD.keys() - SPARSE))
def test_what_lacks_everything_is_refused_by_its_place(kind: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        retold({"type": kind})
    assert str(refused.value.param).startswith("input[0]")
