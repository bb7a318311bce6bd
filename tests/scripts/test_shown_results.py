"""What tests have shown is kept for the code that they ran, and for no other."""

from pathlib import Path

import pytest

from shown_results import FEW, RESULT, fingerprint, keep, read


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("1\n")
    return tmp_path


def test_the_fingerprint_is_of_the_code(checkout: Path) -> None:
    before = fingerprint(checkout)
    (checkout / "README.md").write_text("Hello.\n")
    assert fingerprint(checkout) == before
    (checkout / "src" / "a.py").write_text("2\n")
    assert fingerprint(checkout) != before


def test_runs_of_the_same_code_add_up(tmp_path: Path) -> None:
    keep(tmp_path, "c", {"t1": ["tool:mcp"], "t2": ["tool:mcp", "event:error"]}, [])
    keep(tmp_path, "c", {"t3": ["event:error"]}, ["t2"])
    assert read(tmp_path, "c") == {"tool:mcp": ["t1"], "event:error": ["t3"]}
    keep(tmp_path, "c", {"t1": []}, ["t1"])
    assert read(tmp_path, "c") == {"event:error": ["t3"]}


def test_what_was_shown_of_other_code_is_unknown(tmp_path: Path) -> None:
    assert read(tmp_path, "c") is None
    keep(tmp_path, "c", {"t1": ["tool:mcp"]}, [])
    assert read(tmp_path, "d") is None
    keep(tmp_path, "d", {"t2": ["event:error"]}, [])
    assert read(tmp_path, "d") == {"event:error": ["t2"]}


def test_a_few_tests_are_enough(tmp_path: Path) -> None:
    keep(tmp_path, "c", {f"t{number}": ["tool:mcp"] for number in range(100)}, [])
    assert (read(tmp_path, "c") or {})["tool:mcp"] == ["t0", "t1", "t10", "t11", "t12"]
    assert FEW == 5
    assert (tmp_path / RESULT).exists()
