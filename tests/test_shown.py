"""What one test shows, and how it travels with its report."""

import json

from shown import Shown, shown_by


def test_keys_are_taken_once() -> None:
    shown = Shown()
    shown.add("b", "a")
    shown.add("a")
    assert shown.take() == ["a", "b"]
    assert shown.take() == []


def test_an_answer_shows_what_was_asked_and_made() -> None:
    asked = {
        "input": [{"role": "user", "content": "x"}, {"type": "reasoning"}],
        "tools": [{"type": "mcp"}],
        "tool_choice": {"type": "function"},
        "include": ["reasoning.encrypted_content"],
    }
    response = {"output": [{"type": "message"}]}
    keys = {
        "input:message",
        "input:reasoning",
        "tool:mcp",
        "choice:function",
        "include:reasoning.encrypted_content",
        "output:message",
    }
    assert set(shown_by(json.dumps(asked).encode(), json.dumps(response).encode(), streamed=False)) == keys
    event = {"type": "response.completed", "response": response}
    stream = f"event: response.completed\ndata: {json.dumps(event)}\n\n".encode()
    assert set(shown_by(b'{"input": "x"}', stream, streamed=True)) == {"event:response.completed", "output:message"}
