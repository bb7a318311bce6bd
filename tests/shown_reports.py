"""Gathers what the tests of a run have shown from their reports, and leaves it for the check after the run.

A plugin of the one process that gets all reports; `conftest` registers it. Counterparts: `shown.py`, which sees what a
test shows, and `scripts/shown_results.py`, which keeps it.
"""

from pathlib import Path

import pytest

from shown_results import fingerprint, keep


class Results:
    """What the tests of this run have shown, test by test; those that failed in any phase apart."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._code = fingerprint(root)
        self._passed: dict[str, list[str]] = {}
        self._failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take a test's report."""
        if report.failed:
            self._failed.add(report.nodeid)
        if report.when == "teardown":
            self._passed[report.nodeid] = [str(key) for name, key in report.user_properties if name == "shows"]

    def pytest_sessionfinish(self) -> None:
        """Leave it for the check."""
        passed = {test: keys for test, keys in self._passed.items() if keys and test not in self._failed}
        keep(self._root, self._code, passed, self._failed)
