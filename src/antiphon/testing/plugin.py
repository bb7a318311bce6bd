"""The pytest plugin: a cassette for each test, and servers in front of it.

It is loaded in every run of pytest where Antiphon is installed, so it imports nothing heavy: the servers come from
`played.py` when a test first asks for a cassette. Counterpart: `docs/reference/pytest-plugin.md`.
"""

import contextlib
import importlib
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from antiphon.testing.played import PlayedCassette
    from antiphon.testing.served import LoopThread

MODES = {
    "none": "replay; a request that isn't on the cassette fails the test",
    "once": "record tests that have no cassette yet, replay the others",
    "new_episodes": "replay what is there, record what is lacking",
    "all": "record everything again",
    "live": "use no cassette: ask the upstream, keep nothing",
}
"""The words of `--record-mode`, and what they mean."""

MARKER = (
    "cassette(path=None, upstream=None, repeats=True, speed='instant', match=None, rules=[], faults=[], "
    "allow_misses=False): "
    "where a test's cassette is and how it is played (antiphon)"
)

TOLD = "antiphon"
"""The attribute of a report in which a test tells of its cassette."""

_played = pytest.StashKey["PlayedCassette"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--record-mode` and the settings of pytest's own file."""
    meanings = "; ".join(f"{word}: {meaning}" for word, meaning in MODES.items())
    # Where another recorder has the option already, with the same words, it counts for both.
    with contextlib.suppress(ValueError):
        parser.getgroup("antiphon").addoption(
            "--record-mode", dest="record_mode", choices=list(MODES), help=f"what cassettes are for. {meanings}"
        )
    parser.addini("antiphon_record_mode", "the --record-mode where none is given (none)", default="none")
    parser.addini("antiphon_upstream", "NAME=URL of a model server to record from, one a line", type="linelist")


def pytest_configure(config: pytest.Config) -> None:
    """Announce the marker, and collect what the tests report."""
    config.addinivalue_line("markers", MARKER)
    config.pluginmanager.register(Report(), "antiphon-report")


@pytest.fixture(scope="session")
def _antiphon_thread() -> Iterator["LoopThread"]:
    thread: LoopThread = importlib.import_module("antiphon.testing.served").LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def cassette(request: pytest.FixtureRequest, _antiphon_thread: "LoopThread") -> Iterator["PlayedCassette"]:
    """The test's cassette: its `path`, `mode`, `interactions`, `unused` and `misses`, and the addresses of servers."""
    played: PlayedCassette = importlib.import_module("antiphon.testing.played").play(request.node, _antiphon_thread)
    request.node.stash[_played] = played
    yield played
    played.close()


@pytest.fixture
def antiphon_server(cassette: "PlayedCassette") -> str:
    """The base URL of an Antiphon server in front of the test's cassette, ending in `/v1`."""
    return cassette.url


@pytest.fixture
def antiphon_standin(cassette: "PlayedCassette") -> str:
    """The address, without a path, of a stand-in for the recorded API, whatever it is."""
    return cassette.standin_url


@pytest.fixture
def openai_client(antiphon_server: str) -> Iterator[Any]:
    """The official client, asking the test's server. Skips where the package `openai` isn't installed."""
    openai = pytest.importorskip("openai", reason="the fixture openai_client needs the package: pip install openai")
    with openai.OpenAI(base_url=antiphon_server, api_key="antiphon", max_retries=0) as client:
        yield client


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test whose misses it swallowed itself."""
    outcome = yield
    if said := _misses(item):
        pytest.fail(said, pytrace=False)
    return outcome


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the misses beside a failure, and what was recorded or left unused where the summary finds it."""
    report = yield
    played = item.stash.get(_played, None)
    if played is None:
        return report
    said = _misses(item)
    if call.when == "call":
        # A failure that was expected is no half recording.
        played.passed = report.passed or hasattr(report, "wasxfail")
    if call.when == "call" and report.failed and said and said not in str(report.longrepr):
        report.sections.append(("antiphon: not on the cassette", said))
    if call.when == "teardown":
        # A plain dictionary, so that it travels from a worker of xdist.
        vars(report)[TOLD] = played.told
    return report


def _misses(item: pytest.Item) -> str:
    played = item.stash.get(_played, None)
    return "\n\n".join(played.misses) if played and not played.allow_misses else ""


class Report:
    """What all tests of the run told of their cassettes, written at the end."""

    def __init__(self) -> None:
        self._recorded: dict[str, int] = {}
        self._unused: dict[str, str] = {}
        self._failed: set[str] = set()
        self._aside: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in a test's report, from this process or a worker."""
        if report.failed or report.skipped:
            self._failed.add(report.nodeid)
        told = vars(report).get(TOLD)
        if told is None:
            return
        if told["aside"]:
            self._aside.append(
                f"set aside {told['recorded']} in {told['aside']}: the test that recorded them didn't pass"
            )
        elif told["recorded"]:
            self._recorded[told["path"]] = self._recorded.get(told["path"], 0) + told["recorded"]
        # A test that ended early didn't get to ask for all.
        if told["unused"] and report.nodeid not in self._failed:
            self._unused[told["path"]] = f"unused {told['unused']} in {told['path']}: {'; '.join(told['which'])}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was recorded, and which interactions nobody asked for."""
        write = terminalreporter.write_line
        if self._recorded or self._unused or self._aside:
            terminalreporter.section("cassettes")
        for path, count in sorted(self._recorded.items()):
            write(f"recorded {count} in {path}")
        for aside in sorted(self._aside):
            write(aside, yellow=True)
        for _, unused in sorted(self._unused.items()):
            write(unused, yellow=True)
