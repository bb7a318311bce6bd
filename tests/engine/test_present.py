"""What is given out has every member its type requires, and is otherwise what came in."""

from typing import Any

import judge
import msgspec
import pytest
from engine_answers import Json, sources
from hypothesis import given
from hypothesis import strategies as st

from antiphon.engine.input import read_item
from antiphon.engine.present import shown
from antiphon.wire.answers import StoredItem

CALL = {"call_id": "c"}
IMAGE = {"type": "input_image", "image_url": "data:x"}
FILE = {"type": "input_file", "file_data": "aa"}
FUNCTION = {"type": "function", "name": "f"}
SCREEN = {"type": "computer_screenshot", "image_url": "x"}
PRINTED = {"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}

SHORT: list[Json] = [
    {"role": "user", "content": "x"},
    {"role": "system", "content": "x"},
    {"role": "developer", "content": [{"type": "input_text", "text": "x"}]},
    {"role": "assistant", "content": "x"},
    {"role": "assistant", "content": "x", "phase": "commentary"},
    {"role": "assistant", "content": [{"type": "output_text", "text": "x"}]},
    {"role": "assistant", "content": [{"type": "output_text", "text": "x", "annotations": None}]},
    {"role": "assistant", "content": [{"type": "input_text", "text": "x"}]},
    {"role": "assistant", "content": [{"type": "refusal", "refusal": "x"}]},
    {"role": "user", "content": []},
    {"role": "user", "content": [IMAGE, FILE, {"type": "text", "text": "x"}]},
    {"role": "user", "content": [{"type": "input_image", "file_id": "f", "detail": None}]},
    {"type": "message", "role": "user", "content": "x", "status": None, "id": None},
    {"type": None, "role": "user", "content": "x"},
    {"type": "file_search_call", "queries": ["q"]},
    {"type": "computer_call", **CALL, "pending_safety_checks": []},
    {"type": "computer_call_output", **CALL, "output": SCREEN},
    {"type": "web_search_call", "action": {"type": "search", "query": "q"}},
    {"type": "function_call", **CALL, "name": "f", "arguments": "{}"},
    {"type": "function_call_output", **CALL, "output": "x"},
    {"type": "function_call_output", **CALL, "output": [{"type": "input_text", "text": "x"}, IMAGE, FILE]},
    {"type": "custom_tool_call", **CALL, "input": "x", "name": "n"},
    {"type": "custom_tool_call_output", **CALL, "output": "x"},
    {"type": "custom_tool_call_output", **CALL, "output": [IMAGE]},
    {"type": "tool_search_call", "arguments": {}},
    {"type": "tool_search_output", "tools": [FUNCTION]},
    {"type": "additional_tools", "role": "developer", "tools": [FUNCTION]},
    {"type": "configuration_update"},
    {"type": "reasoning"},
    {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "x"}],
        "status": None,
    },
    {"type": "compaction", "encrypted_content": "x"},
    {"type": "image_generation_call", "result": None},
    {"type": "code_interpreter_call", "container_id": "c"},
    {"type": "local_shell_call", **CALL, "action": {"type": "exec", "command": ["ls"], "env": {}}},
    {"type": "local_shell_call_output", "output": "x"},
    {"type": "shell_call", **CALL, "action": {"commands": ["ls"]}},
    {"type": "shell_call_output", **CALL, "output": [PRINTED]},
    {"type": "apply_patch_call", **CALL, "operation": {"type": "delete_file", "path": "p"}},
    {"type": "apply_patch_call_output", **CALL},
    {"type": "mcp_list_tools", "server_label": "l", "tools": [{"name": "t", "input_schema": {}}]},
    {"type": "mcp_approval_request", "arguments": "{}", "name": "n", "server_label": "l"},
    {"type": "mcp_approval_response", "approval_request_id": "m", "approve": True},
    {"type": "mcp_call", "arguments": "{}", "name": "n", "server_label": "l"},
    {"type": "program", **CALL, "code": "x", "fingerprint": "f"},
    {"type": "program_output", **CALL, "result": "x"},
]


def stored(item: Json) -> StoredItem:
    return read_item(msgspec.json.encode(item), "input[0]", sources()).stored()


def given_out(item: StoredItem) -> Json:
    found: Json = msgspec.json.decode(shown(item))
    return found


def name_of(item: Json) -> str:
    return str(item.get("type") or item.get("role"))


@pytest.mark.parametrize("item", SHORT, ids=name_of)
def test_a_short_form_is_shown_whole(item: Json) -> None:
    kept = stored(item)
    out = given_out(kept)
    judge.judge_item(out)
    judge.judge_conversation_item(out)
    assert out["id"] == kept.id


@pytest.mark.parametrize("item", SHORT, ids=name_of)
def test_a_whole_item_comes_back_byte_for_byte(item: Json) -> None:
    """Also with spaces, an order and members of the client's own."""
    whole = given_out(stored(item))
    raw = msgspec.json.format(msgspec.json.encode({"zebra": [1.0, {}], **dict(reversed(whole.items()))}), indent=3)
    kept = read_item(raw, "input[0]", sources()).stored()
    assert bytes(shown(kept)) == raw


@pytest.mark.parametrize("item", SHORT, ids=name_of)
def test_what_was_said_is_shown(item: Json) -> None:
    out = given_out(stored({**item, "new": {"a": [1, None]}}))
    odd = {"content", "output", "type", "id", "status"}
    assert {key: value for key, value in item.items() if key not in odd}.items() <= out.items()
    assert out["new"] == {"a": [1, None]}


def test_text_in_short_form_is_a_part_of_its_role() -> None:
    assert given_out(stored(SHORT[0]))["content"] == [{"type": "input_text", "text": "x"}]
    assistants = [{"type": "output_text", "text": "x", "annotations": [], "logprobs": []}]
    assert [given_out(stored(item))["content"] for item in SHORT[3:8]] == [assistants] * 5


def test_an_items_own_status_stays() -> None:
    out = given_out(stored({"type": "function_call", **CALL, "name": "f", "arguments": "", "status": "incomplete"}))
    assert out["status"] == "incomplete"


@pytest.mark.parametrize("item", [{"type": "hologram"}, {"type": "hologram", "content": "x", "status": None}])
def test_of_an_unknown_type_only_the_id_is_made_up(item: Json) -> None:
    kept = stored(item)
    assert given_out(kept) == {**item, "id": kept.id}


@pytest.mark.parametrize("part", [None, 5, "x", [], {}, {"type": 5}, {"type": "new"}, {"type": None, "a": 1}])
def test_odd_parts_are_shown_as_they_are(part: Any) -> None:
    out = given_out(StoredItem("i", msgspec.json.encode({"type": "message", "role": "user", "content": [part]})))
    assert out["content"] == [part]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "x", "input_image", "output_text"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["type", "text", "detail", "a"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    kind=st.sampled_from(sorted({name_of(item) for item in SHORT} | {"hologram"})),
    members=st.dictionaries(st.sampled_from(["id", "status", "content", "output", "role", "tools", "new"]), JSON),
)
def test_anything_kept_can_be_shown(kind: str, members: Json) -> None:
    """What a newer version kept, or an older one, is shown without a fault."""
    out = given_out(StoredItem("i", msgspec.json.encode({"type": kind, **members})))
    assert out["type"] == kind
    assert out["id"] == ("i" if members.get("id") is None else members["id"])


@pytest.mark.parametrize("kind", ["input_text", "output_text", "text", "summary_text", "reasoning_text"])
def test_in_a_conversation_every_role_has_parts_of_every_kind(kind: str) -> None:
    more: Json = {"annotations": [], "logprobs": []} if kind == "output_text" else {}
    whole = {"id": "m", "type": "message", "role": "user", "status": "completed"}
    kept = stored({**whole, "content": [{"type": kind, "text": "x", **more}]})
    assert bytes(shown(kept, in_conversation=True)) == kept.raw


@pytest.mark.parametrize("item", SHORT, ids=name_of)
def test_an_item_of_a_conversation_is_whole(item: Json) -> None:
    judge.judge_conversation_item(msgspec.json.decode(shown(stored(item), in_conversation=True)))


@pytest.mark.parametrize("kind", ["custom_tool_call", "custom_tool_call_output", "mcp_call"])
def test_a_status_that_need_not_be_is_not_made_up(kind: str) -> None:
    item = next(item for item in SHORT if item.get("type") == kind)
    for said in ({}, {"status": None}):
        out = msgspec.json.decode(shown(stored({**item, **said, "id": "x_1"}), in_conversation=True))
        assert out == {**item, **said, "id": "x_1"}
