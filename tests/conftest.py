"""What every test may ask for, and what becomes of tests whose data isn't there.

Recordings of real upstreams are too large and too foreign to ship. Tests that read them are marked
`recordings`; they look in the folder `shared` beside the checkout, or where ANTIPHON_SHARED points, and
are skipped where it is absent, with a line at the end that says so.
"""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("ANTIPHON_SHARED") or CHECKOUT.parent / "shared")
SHARED_FIXTURES = {"recordings_dir", "traces_dir"}
ABSENT = f"no recordings: {SHARED} is not there (ANTIPHON_SHARED names another place)"


@pytest.fixture(scope="session")
def recordings_dir() -> Path:
    """Recorded upstream calls, a folder per source."""
    return SHARED / "recordings"


@pytest.fixture(scope="session")
def traces_dir() -> Path:
    """Recorded streams and answers of the Responses API, a folder per source."""
    return SHARED / "traces"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what reads recordings where there are none."""
    if SHARED.is_dir():
        return
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if item.get_closest_marker("recordings") or SHARED_FIXTURES.intersection(fixtures):
            item.add_marker(pytest.mark.skip(reason=ABSENT))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was left out."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if ABSENT in str(report.longrepr)]
    if skipped:
        terminalreporter.section("tests of recorded calls left out", yellow=True, bold=True)
        terminalreporter.write_line(f"{len(skipped)} tests skipped: {ABSENT}", yellow=True)
