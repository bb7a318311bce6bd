"""What a test has shown counts only if it passed, and is kept for the code that ran."""

from pathlib import Path
from typing import Any

import pytest
from shown_reports import Results

from shown_results import fingerprint, read


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
