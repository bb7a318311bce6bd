from typing import Any

import msgspec
import pytest

from antiphon.engine.mcp import allowed, error_text, needs_approval, output_text, read_mcp_tool, read_only
from antiphon.errors import InvalidRequest
from antiphon.wire.mcp import Approval, ListedTool, McpHttpError, McpTool, McpToolExecutionError, ToolFilter

LOOK = ListedTool(name="look", input_schema={}, annotations={"read_only": True})
TAKE = ListedTool(name="take", input_schema={}, annotations={"read_only": False})
GIVE = ListedTool(name="give", input_schema={})
LISTED = [LOOK, TAKE, GIVE]


def read(**fields: Any) -> McpTool:
    tool = {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example/mcp", **fields}
    given = {name: value for name, value in tool.items() if value is not ...}
    return read_mcp_tool(msgspec.json.encode(given), "tools[3]")


def refused(**fields: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as error:
        read(**fields)
    return error.value


def test_a_tool_is_read_with_all_its_fields() -> None:
    tool = read(
        connector_id="c", authorization="tok", headers={"x-a": "1"}, server_description="A shop", defer_loading=True,
        allowed_tools={"read_only": True, "tool_names": ["look"]}, tunnel_id="unknown here",
        require_approval={"always": {"tool_names": ["take"]}, "never": {"read_only": True}},
    )  # fmt: skip
    assert (tool.server_label, tool.server_url) == ("shop", "https://shop.example/mcp")
    assert (tool.connector_id, tool.authorization, tool.headers) == ("c", "tok", {"x-a": "1"})
    assert (tool.server_description, tool.defer_loading) == ("A shop", True)
    assert tool.allowed_tools == ToolFilter(read_only=True, tool_names=["look"])
    assert tool.require_approval == Approval(always=ToolFilter(tool_names=["take"]), never=ToolFilter(read_only=True))


def test_null_is_as_good_as_nothing() -> None:
    names = ("connector_id", "authorization", "headers", "allowed_tools", "require_approval", "defer_loading")
    assert read(**dict.fromkeys(names)) == read()


def test_a_connector_needs_no_address() -> None:
    assert read(server_url=..., connector_id="connector_dropbox").server_url is None


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"server_label": ...}, "server_label"),
        ({"server_label": ""}, "server_label"),
        ({"server_url": ...}, "server_url"),
        ({"server_url": "shop.example"}, "server_url"),
        ({"server_url": "ftp://shop.example"}, "server_url"),
        ({"server_url": "file:///etc/passwd"}, "server_url"),
        ({"server_url": "https://"}, "server_url"),
        ({"server_url": "https://shop.example:port/"}, "server_url"),
        ({"server_url": "https://shop.example/a b"}, "server_url"),
        ({"server_url": "https://shop.example/\r\nx"}, "server_url"),
        ({"server_url": 7}, "server_url"),
        ({"require_approval": "sometimes"}, "require_approval"),
        ({"require_approval": {"always": {"tool_names": "take"}}}, "require_approval.always.tool_names"),
        ({"allowed_tools": "look"}, "allowed_tools"),
        ({"headers": {"x": 1}}, "headers"),
        ({"headers": {"x y": "1"}}, "headers"),
        ({"headers": {"x": "1\r\ny: 2"}}, "headers"),
        ({"headers": {"Host": "elsewhere"}}, "headers"),
        ({"headers": {"AUTHORIZATION": "Bearer tok"}, "authorization": "tok"}, "headers"),
        ({"authorization": "tok\n"}, "authorization"),
    ],
)
def test_a_field_that_is_wrong_is_named(fields: dict[str, Any], param: str) -> None:
    error = refused(**fields)
    assert error.http_status == 400
    assert (error.param or "").startswith(f"tools[3].{param}")


def test_a_refusal_holds_no_secret() -> None:
    for fields in (
        {"server_url": "ftp://ann:secret-1@shop.example?key=secret-1"},
        {"headers": {"authorization": "secret-1"}, "authorization": "secret-1"},
        {"authorization": "secret-1\n"},
        {"headers": {"x": "secret-1\n"}},
    ):
        assert "secret-1" not in refused(**fields).message


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (None, ["look", "take", "give"]),
        ([], []),
        (["take", "look", "gone"], ["look", "take"]),
        (ToolFilter(), ["look", "take", "give"]),
        (ToolFilter(read_only=True), ["look"]),
        (ToolFilter(read_only=False), ["take", "give"]),
        (ToolFilter(tool_names=["look", "take"]), ["look", "take"]),
        (ToolFilter(read_only=False, tool_names=["look", "take"]), ["take"]),
    ],
)
def test_allowed_tools(wanted: list[str] | ToolFilter | None, names: list[str]) -> None:
    tool = McpTool(server_label="shop", allowed_tools=wanted)
    assert [listed.name for listed in allowed(tool, LISTED)] == names


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        (None, ["look", "take", "give"]),
        ("always", ["look", "take", "give"]),
        ("never", []),
        (Approval(), ["look", "take", "give"]),
        (Approval(never=ToolFilter(tool_names=["take"])), ["look", "give"]),
        (Approval(never=ToolFilter(read_only=True)), ["take", "give"]),
        (Approval(never=ToolFilter()), ["look", "take", "give"]),
        (Approval(always=ToolFilter(tool_names=["take"])), ["look", "take", "give"]),
        (
            Approval(always=ToolFilter(tool_names=["look"]), never=ToolFilter(tool_names=["look", "take"])),
            ["look", "give"],
        ),
        (Approval(always=ToolFilter(), never=ToolFilter(tool_names=["look"])), ["take", "give"]),
    ],
)
def test_which_calls_wait_for_approval(rule: Any, asked: list[str]) -> None:
    tool = McpTool(server_label="shop", require_approval=rule)
    assert [listed.name for listed in LISTED if needs_approval(tool, listed)] == asked


def test_read_only_is_what_the_server_says() -> None:
    assert [read_only(listed) for listed in LISTED] == [True, False, False]


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ({"type": "text", "text": "hi"}, "hi"),
        ({"type": "resource", "resource": {"uri": "file:///a", "text": "all of a"}}, "all of a"),
        (
            {"type": "resource", "resource": {"uri": "file:///a", "mimeType": "application/pdf", "blob": "QUJD"}},
            "[resource file:///a, application/pdf, 3 bytes]",
        ),
        (
            {"type": "resource", "resource": {"uri": "file:///a", "blob": "QUI="}},
            "[resource file:///a, binary, 2 bytes]",
        ),
        ({"type": "resource_link", "uri": "file:///a", "name": "A"}, "[resource A: file:///a]"),
        ({"type": "image", "data": "QUJDRA==", "mimeType": "image/png"}, "[image, image/png, 4 bytes]"),
        ({"type": "audio", "data": "", "mimeType": "audio/wav"}, "[audio, audio/wav, 0 bytes]"),
        ({"type": "dance", "steps": 2}, '{"type": "dance", "steps": 2}'),
    ],
)
def test_each_block_as_text(block: dict[str, Any], text: str) -> None:
    assert output_text([block]) == text


def test_blocks_stand_below_each_other() -> None:
    assert output_text([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]) == "a\nb"


def test_structured_content_counts_where_there_is_no_other() -> None:
    assert output_text([], {"é": None}) == '{"é": null}'
    assert output_text([{"type": "text", "text": "a"}], {"b": 1}) == "a"
    assert output_text([]) == ""


def test_errors_as_text() -> None:
    assert error_text(McpHttpError(code=500, message="No")) == "No"
    assert error_text(McpToolExecutionError(content=[{"type": "text", "text": "No"}])) == "No"
    assert error_text(McpToolExecutionError(content=[])) == "The tool failed and gave no reason."
