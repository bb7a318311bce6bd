"""What every test may ask for, what becomes of tests whose data isn't there, and what is kept of what they show.

Recordings of real upstreams are too large and too foreign to ship. Tests that read them are marked
`recordings`; they look in the folder `shared` beside the checkout, or where ANTIPHON_SHARED points, and
are skipped where it is absent, with a line at the end that says so.

Hypothesis tries the same examples in every run, so that a change is judged by itself and not by luck; `make soak` tries
new ones each time.

What a test shows of the wire (`shown.py`, or `@pytest.mark.shows("tool:mcp")`) travels with its report, from another
process too, and is left for `scripts/check_compatibility.py`.
"""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from client_environments import LEFT_OUT
from hypothesis import HealthCheck, is_hypothesis_test, settings
from shown import SHOWN
from shown_reports import Results

CHECKOUT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("ANTIPHON_SHARED") or CHECKOUT.parent / "shared")
SHARED_FIXTURES = {"recordings_dir", "traces_dir"}
NO_BROWSER = "no browser: "
"""How the reason begins for which tests that need a browser are skipped (`console_scene.py`)."""
ABSENT = f"no recordings: {SHARED} is not there (ANTIPHON_SHARED names another place)"


@pytest.fixture(scope="session")
def recordings_dir() -> Path:
    """Recorded upstream calls, a folder per source."""
    return SHARED / "recordings"


@pytest.fixture(scope="session")
def traces_dir() -> Path:
    """Recorded streams and answers of the Responses API, a folder per source."""
    return SHARED / "traces"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """The million objects that ten thousand tests are stay to the end: looking for rubbish among them takes seconds."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what reads recordings where there are none.

    What tries many inputs isn't traced by coverage, which would double its time: plain tests show which lines run.
    """
    for item in items:
        if item.get_closest_marker("recordings") or is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.no_cover)
    if SHARED.is_dir():
        return
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if item.get_closest_marker("recordings") or SHARED_FIXTURES.intersection(fixtures):
            item.add_marker(pytest.mark.skip(reason=ABSENT))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was left out."""
    skipped = terminalreporter.stats.get("skipped", [])
    again = list(dict.fromkeys(report.nodeid for report in terminalreporter.stats.get("rerun", [])))
    if again:
        terminalreporter.section("TESTS THAT FAILED ONCE: each is a defect to be found", red=True, bold=True)
        for name in again:
            terminalreporter.write_line(name, red=True)
    for of, reason in (("recorded calls", ABSENT), ("real clients", f"{LEFT_OUT}: "), ("a browser", NO_BROWSER)):
        told = [str(report.longrepr).partition(reason)[2] for report in skipped if reason in str(report.longrepr)]
        if told:
            terminalreporter.section(f"tests of {of} left out", yellow=True, bold=True)
            for each in dict.fromkeys(told):
                terminalreporter.write_line(f"{told.count(each)} tests skipped: {reason}{each}", yellow=True)


def pytest_configure(config: pytest.Config) -> None:
    """One process keeps the results of all; no test is judged by how fast the machine is."""
    unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    if os.environ.get("CI"):
        # There nobody looks on while machines are slow: what fails is tried once more, five at the most, and named.
        config.option.reruns, config.option.max_suite_reruns = 1, 5
    settings.register_profile("repeatable", unhurried, derandomize=True, database=None, print_blob=True)
    settings.register_profile("exploring", unhurried, print_blob=True)
    settings.load_profile("exploring" if config.getoption("-m") == "soak" else "repeatable")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Results(CHECKOUT))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """What a test before it has left doesn't count."""
    SHOWN.take()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """A test's last fixtures have shown what they will."""
    yield
    marks = [key for mark in item.iter_markers("shows") for key in mark.args]
    item.user_properties += [("shows", key) for key in [*SHOWN.take(), *marks]]
