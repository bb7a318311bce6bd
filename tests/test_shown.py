"""What one test shows, and how it travels with its report."""

import json
from pathlib import Path
from typing import Any

import pytest
from shown import Results, Shown, shown_by

from shown_results import fingerprint, read


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


def report(test: str, when: str, outcome: str, *keys: str) -> Any:
    shows = [("shows", key) for key in keys]
    return pytest.TestReport(test, (test, 1, test), {}, outcome, None, when, user_properties=shows)  # type: ignore[arg-type] # outcome and when are literals


def test_what_a_test_shows_counts_if_every_phase_of_it_passed(tmp_path: Path) -> None:
    results = Results(tmp_path)
    for test, call, teardown in (("t1", "passed", "passed"), ("t2", "failed", "passed"), ("t3", "passed", "failed")):
        results.pytest_runtest_logreport(report(test, "setup", "passed"))
        results.pytest_runtest_logreport(report(test, "call", call))
        results.pytest_runtest_logreport(report(test, "teardown", teardown, "tool:mcp", f"event:{test}"))
    results.pytest_sessionfinish()
    assert read(tmp_path, fingerprint(tmp_path)) == {"tool:mcp": ["t1"], "event:t1": ["t1"]}
