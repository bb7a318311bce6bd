from antiphon.engine.secrets import without_secrets


def test_a_tool_is_shown_without_what_is_for_its_server_alone() -> None:
    mcp = {"type": "mcp", "server_label": "l", "authorization": "x", "headers": {"a": "b"}, "require_approval": "never"}
    shown = {"type": "mcp", "server_label": "l", "require_approval": "never"}
    assert without_secrets(mcp) == shown
    assert without_secrets({"type": "namespace", "tools": [mcp, 5]}) == {"type": "namespace", "tools": [shown, 5]}
    assert without_secrets({"type": "x", "tools": "y"}) == {"type": "x", "tools": "y"}
