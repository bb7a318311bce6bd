"""A row that nothing shows is a breach, and so is a run that never was."""

from pathlib import Path

import pytest

from check_compatibility import main, missing
from compatibility import HONOURED, IGNORED, Row, everywhere
from shown_results import fingerprint, keep


def test_a_row_that_nothing_shows_is_named() -> None:
    rows = [Row("tool", "mcp", everywhere(HONOURED)), Row("field", "user", {"openai": HONOURED, "vllm": HONOURED})]
    assert missing(rows, {"tool:mcp": ["t"], "field:user@openai": ["t"], "field:user@vllm": ["t"]}) == []
    assert missing(rows, {"tool:mcp": [], "field:user@openai": ["t"]}) == [
        "tool `mcp` is said to be honoured, and no test that passed shows tool:mcp.",
        "field `user` is said to be honoured, and no test that passed shows field:user@vllm.",
    ]


def test_what_is_never_sent_must_not_be_met_with() -> None:
    row = Row("event", "response.queued", everywhere(IGNORED), "never sent")
    assert missing([row], {"no event:response.queued": ["t"]}) == []
    assert missing([row], {"no event:response.queued": ["t"], "event:response.queued": ["t2"]}) == [
        "event `response.queued` is never sent, it says, and t2 has met with it.",
    ]


def test_without_a_run_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path) == 1
    assert "run `make test` first" in capsys.readouterr().out


def test_a_run_that_shows_little_is_a_breach(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(tmp_path, fingerprint(tmp_path), {"t": ["tool:function"]}, [])
    assert main(tmp_path) == 1
    said = capsys.readouterr().out
    assert "no test that passed shows tool:mcp." in said
    assert "shows tool:function." not in said


def test_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(tmp_path, fingerprint(tmp_path), {"t": ["tool:function"]}, [])
    assert main(tmp_path, "tool:function") == 0
    assert main(tmp_path, "tool:mcp") == 0
    assert capsys.readouterr().out == "t\nno test\n"
