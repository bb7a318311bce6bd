import pytest

from antiphon.engine.secrets import shown_url, without_secrets


def test_a_tool_is_shown_without_what_is_for_its_server_alone() -> None:
    mcp = {"type": "mcp", "server_label": "l", "authorization": "x", "headers": {"a": "b"}, "require_approval": "never"}
    shown = {"type": "mcp", "server_label": "l", "require_approval": "never"}
    assert without_secrets(mcp) == shown
    assert without_secrets({"type": "namespace", "tools": [mcp, 5]}) == {"type": "namespace", "tools": [shown, 5]}
    assert without_secrets({"type": "x", "tools": "y"}) == {"type": "x", "tools": "y"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x.example/mcp?page=2", "https://x.example/mcp?page=2"),
        ("https://u:p@x.example:8/mcp#a", "https://redacted@x.example:8/mcp#a"),
        ("https://x.example/mcp?api_key=k&v=1", "https://x.example/mcp?api_key=redacted&v=1"),
        ("https://x.example/?p=0123456789abcdef0123", "https://x.example/?p=redacted"),
        ("https://x.example/?access_token=", "https://x.example/?access_token=redacted"),
        ("https://[broken", "https://[broken"),
    ],
)
def test_an_address_is_shown_without_what_is_secret(url: str, shown: str) -> None:
    assert shown_url(url) == shown
    assert without_secrets({"type": "mcp", "server_url": url}) == {"type": "mcp", "server_url": shown}
