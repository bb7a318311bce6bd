import msgspec
from openai.types.responses.mcp_tool_call_error import HTTPError, McpProtocolError, McpToolExecutionError
from openai.types.responses.response_output_item import McpListToolsTool

from antiphon.wire import mcp


def test_a_tools_repr_holds_no_secret() -> None:
    secret = "tok-12345678"
    url = f"https://ann:{secret}@e.com?key={secret}"
    tool = mcp.McpTool(server_label="shop", server_url=url, authorization=secret, headers={"x": secret})
    assert repr(tool) == "McpTool(server_label='shop')"
    assert secret not in f"{tool} {[tool]}"


def test_a_listed_tool_is_the_official_one() -> None:
    tool = mcp.ListedTool(name="give", input_schema={"type": "object"}, annotations={"read_only": False})
    official = McpListToolsTool.model_validate_json(msgspec.json.encode(tool), strict=True)
    assert official.model_dump(exclude_unset=True) == msgspec.to_builtins(tool)


def test_the_errors_are_the_official_ones() -> None:
    for ours, official in (
        (mcp.McpProtocolError(code=-32601, message="No"), McpProtocolError),
        (mcp.McpHttpError(code=401, message="No"), HTTPError),
        (mcp.McpToolExecutionError(content=[{"type": "text", "text": "No"}]), McpToolExecutionError),
    ):
        read = official.model_validate_json(msgspec.json.encode(ours), strict=True)
        assert read.model_dump() == msgspec.to_builtins(ours)
