"""A row that nothing shows is a breach, and so is a run that never was."""

import subprocess
from pathlib import Path

import pytest

from check_compatibility import main, missing
from compatibility import HONOURED, Row, everywhere
from shown_results import fingerprint, keep


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", "."], cwd=tmp_path, check=True)
    return tmp_path


def test_a_row_that_nothing_shows_is_named() -> None:
    rows = [Row("tool", "mcp", everywhere(HONOURED)), Row("field", "user", {"openai": HONOURED, "vllm": HONOURED})]
    assert missing(rows, {"tool:mcp": ["t"], "field:user@openai": ["t"], "field:user@vllm": ["t"]}) == []
    assert missing(rows, {"tool:mcp": [], "field:user@openai": ["t"]}) == [
        "tool `mcp` is said to be honoured, and no test that passed shows tool:mcp.",
        "field `user` is said to be honoured, and no test that passed shows field:user@vllm.",
    ]


def test_without_a_run_it_says_what_to_do(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(checkout) == 1
    assert "run `make test` first" in capsys.readouterr().out


def test_a_run_that_shows_little_is_a_breach(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(checkout, fingerprint(checkout), {"t": ["tool:function"]}, [])
    assert main(checkout) == 1
    said = capsys.readouterr().out
    assert "no test that passed shows tool:mcp." in said
    assert "shows tool:function." not in said


def test_why(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(checkout, fingerprint(checkout), {"t": ["tool:function"]}, [])
    assert main(checkout, "tool:function") == 0
    assert main(checkout, "tool:mcp") == 0
    assert capsys.readouterr().out == "t\nno test\n"
