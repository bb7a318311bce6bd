"""The pytest plugin, tried as a new user would: an empty project, ten lines of test, recorded, replayed, failing well.

One test starts pytest as a user does, with every plugin that is installed; the runs of the others are forked
(`forked.py`).
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from forked import Forking
from running_server import environment

from antiphon.testing import ScriptedUpstream, status, text

TEN_LINES = """
def test_greeting(openai_client):
    response = openai_client.responses.create(model="m", input="Say hello to Ann.")
    assert response.output_text == "Hello, Ann!"
"""

Run = Callable[..., str]


@pytest.fixture(scope="module")
def forking() -> Iterator[Forking]:
    with Forking("pytest:main", "openai.resources.responses", "uvloop", "antiphon.testing.played") as started:
        yield started


@pytest.fixture
def project(tmp_path: Path, forking: Forking) -> Run:
    """Runs pytest in an empty project; gives back what it printed. `status` is what it must end with."""

    def forked(words: Sequence[str], folder: Path, variables: Mapping[str, str]) -> tuple[int, str]:
        # Other plugins that are installed here take longer to load than these tests to run.
        own = ["-p", "antiphon", "-p", "xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
        alone = {**variables, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        with tempfile.TemporaryFile("w+") as said:
            process = forking.start([*own, *words], folder, alone, said, said)
            process.communicate()
            said.seek(0)
            return process.wait(), said.read()

    return runs_in(tmp_path, forked)


@pytest.fixture
def real_project(tmp_path: Path) -> Run:
    """The same, each run started as a user starts it; with every plugin that is installed only the first, which takes long."""
    own: list[str] = []

    def started(words: Sequence[str], folder: Path, variables: Mapping[str, str]) -> tuple[int, str]:
        command = [sys.executable, "-m", "pytest", "-p", "no:asyncio", *own, *words]
        own[:] = ["--disable-plugin-autoload", "-p", "antiphon"]
        ended = subprocess.run(command, check=False, cwd=folder, env=variables, capture_output=True, text=True)
        return ended.returncode, ended.stdout + ended.stderr

    return runs_in(tmp_path, started)


def runs_in(folder: Path, start: Callable[[Sequence[str], Path, Mapping[str, str]], tuple[int, str]]) -> Run:
    (folder / "pytest.ini").write_text("[pytest]\n")

    def run(*words: str, status: int = 0, upstream: str = "", **files: str) -> str:
        for name, content in files.items():
            (folder / f"{name}.py").write_text(content)
        variables = {"ANTIPHON_UPSTREAM": f"scripted={upstream}"} if upstream else {}
        home = environment(folder, **variables, PATH=os.environ["PATH"])
        ended, said = start(["-p", "no:cacheprovider", *words], folder, home)
        assert ended == status, said
        return said

    return run


def test_a_user_records_and_replays(real_project: Run, tmp_path: Path) -> None:
    assert "Record it: pytest --record-mode=once 'test_it.py::test_greeting'" in real_project(
        test_it=TEN_LINES, status=1
    )
    with ScriptedUpstream(text("Hello, ", "Ann!"), models=["m"]) as upstream:
        said = real_project("--record-mode=once", upstream=upstream.url)
        assert "recorded 1 in cassettes/test_it/test_greeting.jsonl" in said
    assert (tmp_path / "cassettes/test_it/test_greeting.jsonl").is_file()
    assert "1 passed" in real_project()


def test_recorded_once_replayed_and_failing_well(project: Run, tmp_path: Path) -> None:
    assert "Record it: pytest --record-mode=once 'test_it.py::test_greeting'" in project(test_it=TEN_LINES, status=1)
    with ScriptedUpstream(text("Hello, ", "Ann!"), models=["m"]) as upstream:
        said = project("--record-mode=once", upstream=upstream.url)
        assert "recorded 1 in cassettes/test_it/test_greeting.jsonl" in said
    assert (tmp_path / "cassettes/test_it/test_greeting.jsonl").is_file()
    said = project("--record-mode=once")
    assert "1 passed" in said
    assert "cassettes ==" not in said
    said = project(test_it=TEN_LINES.replace("to Ann", "to Bob"), status=1)
    assert 'messages[0].content: recorded "Say hello to Ann.", asked "Say hello to Bob."' in said
    assert "record it with `pytest --record-mode=new_episodes 'test_it.py::test_greeting'`." in said
    marker = "@pytest.mark.cassette(rules=['ignore messages[0].content'])"
    assert f"Or let it match: {marker}" in said
    changed = TEN_LINES.replace("to Ann", "to Bob")
    path = '"cassettes/test_it/test_greeting.jsonl"'
    faulty = f'@pytest.mark.cassette({path}, faults=["cut"]){TEN_LINES.replace("test_greeting", "test_faulty")}'
    said = project(test_it=f"import pytest\n\n{marker}{changed}\n{faulty}", status=1)
    assert "1 failed, 1 passed" in said
    assert "assert '' == 'Hello, Ann!'" in said


SWALLOWED = """
import openai
import pytest

def ask(client, text):
    try:
        return client.responses.create(model="m", input=text).output_text
    except openai.NotFoundError:
        return None

def test_swallowed(openai_client):
    assert ask(openai_client, "one") == "One"
    ask(openai_client, WHAT)
"""


def test_a_miss_that_the_program_swallowed_fails_the_test(project: Run) -> None:
    with ScriptedUpstream(text("One"), text("Two"), models=["m"]) as upstream:
        project("--record-mode=once", test_it=f"WHAT = 'two'\n{SWALLOWED}", upstream=upstream.url)
    said = project(test_it=f"WHAT = 'twos'\n{SWALLOWED}", status=1)
    assert "FAILED test_it.py::test_swallowed" in said
    assert 'messages[0].content: recorded "two", asked "twos"' in said
    assert "Traceback" not in said
    allowed = SWALLOWED.replace("def test_sw", "@pytest.mark.cassette(allow_misses=True)\ndef test_sw")
    said = project(test_it=f"WHAT = 'three'\n{allowed}")
    assert "1 passed" in said


def test_new_episodes_records_only_what_is_lacking(project: Run) -> None:
    with ScriptedUpstream(text("One"), text("Two"), models=["m"]) as upstream:
        project("--record-mode=once", test_it=f"WHAT = 'two'\n{SWALLOWED}", upstream=upstream.url)
    with ScriptedUpstream(text("Three"), models=["m"]) as upstream:
        new = f"WHAT = 'three'\n{SWALLOWED}"
        said = project("--record-mode=new_episodes", test_it=new, upstream=upstream.url)
        assert sum(request.method == "POST" for request in upstream.requests) == 1
    assert "recorded 1 in cassettes/test_it/test_swallowed.jsonl" in said
    assert "unused 1 in cassettes/test_it/test_swallowed.jsonl: POST /v1/chat/completions" in said
    assert "1 passed" in project()


def test_all_begins_the_file_anew_and_keeps_its_clock(project: Run, tmp_path: Path) -> None:
    path = tmp_path / "cassettes/test_it/test_greeting.jsonl"
    recorded = []
    for _ in range(2):
        with ScriptedUpstream(text("Hello, ", "Ann!"), models=["m"]) as upstream:
            project("--record-mode=all", test_it=TEN_LINES, upstream=upstream.url)
        recorded.append(re.sub(r'"ms":\d+,?|127\.0\.0\.1:\d+', "", path.read_text()))
    assert recorded[0] == recorded[1]


FAILING = TEN_LINES.replace('"Hello, Ann!"', '"Hello, Bob!"')


def test_a_test_that_fails_leaves_no_half_recording(project: Run, tmp_path: Path) -> None:
    path = tmp_path / "cassettes/test_it/test_greeting.jsonl"
    failed = path.with_name("test_greeting.failed.jsonl")
    with ScriptedUpstream(default=text("Hello, ", "Ann!"), models=["m"]) as upstream:
        said = project("--record-mode=once", test_it=FAILING, upstream=upstream.url, status=1)
        assert "set aside 1 in cassettes/test_it/test_greeting.failed.jsonl: the test that recorded them didn't" in said
        assert (path.exists(), "Hello, " in failed.read_text()) == (False, True)
        project("--record-mode=once", test_it=TEN_LINES, upstream=upstream.url)
        assert (path.exists(), failed.exists()) == (True, False)
        recorded = path.read_bytes()
        project("--record-mode=all", test_it=FAILING, upstream=upstream.url, status=1)
        assert path.read_bytes() == recorded
    assert sorted(each.name for each in path.parent.iterdir()) == [failed.name, path.name]
    assert "1 passed" in project(test_it=TEN_LINES)


def test_live_asks_the_upstream_and_keeps_nothing(project: Run, tmp_path: Path) -> None:
    with ScriptedUpstream(text("Hello, ", "Ann!"), models=["m"]) as upstream:
        assert "1 passed" in project("--record-mode=live", test_it=TEN_LINES, upstream=upstream.url)
    assert not (tmp_path / "cassettes").exists()


UNUSED = """
def test_less(openai_client):
    for text in TEXTS:
        openai_client.responses.create(model="m", input=text)
"""


@pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_what_nobody_asked_for_is_reported(project: Run, words: tuple[str, ...]) -> None:
    with ScriptedUpstream(default=text("Yes."), models=["m"]) as upstream:
        project("--record-mode=once", test_it=f"TEXTS = 'abcdef'\n{UNUSED}", upstream=upstream.url)
    said = project(*words, test_it=f"TEXTS = 'a'\n{UNUSED}")
    assert "unused 5 in cassettes/test_it/test_less.jsonl" in said
    assert "and 2 more" in said


MARKED = """
import httpx2
import pytest

@pytest.mark.cassette("tapes/shared.jsonl", repeats=False)
@pytest.mark.parametrize("name", ["a/b", "c d"])
def test_standin(antiphon_standin, cassette, name):
    answer = httpx2.post(f"{antiphon_standin}/v1/chat/completions", json={"model": "m", "messages": []})
    assert answer.json()["choices"][0]["message"]["content"] == "Hi."
    assert cassette.path.name == "shared.jsonl"
    assert not cassette.unused and not cassette.misses

class TestIt:
    @pytest.mark.parametrize("name", ["a/b", "c d"])
    def test_named(self, cassette, name):
        assert cassette.path.name == {"a/b": "TestIt.test_named[a-b].jsonl", "c d": "TestIt.test_named[c-d].jsonl"}[name]
"""


def test_a_marker_names_a_file_that_tests_share_and_the_standin_plays_it(project: Run) -> None:
    with ScriptedUpstream(text("Hi."), text("Hi."), models=["m"]) as upstream:
        said = project("--record-mode=once", test_it=MARKED, upstream=upstream.url)
    assert "recorded 1 in tapes/shared.jsonl" in said
    assert "2 passed" in project("-k", "standin")


def test_wrong_words_are_told(project: Run) -> None:
    marked = f"import pytest\n@pytest.mark.cassette(file='x')\n{TEN_LINES.strip()}"
    assert "unknown field `file`" in project(test_it=marked, status=1)
    assert "invalid choice: 'often'" not in project(test_it=TEN_LINES, status=1)
    project("--record-mode=often", status=4)


REFUSED = """
import openai
import pytest

def test_refused(openai_client):
    with pytest.raises(openai.BadRequestError, match="Too hot."):
        openai_client.responses.create(model="m", input="Say hello to Ann.")
"""


def test_an_upstream_that_refuses_is_no_miss(project: Run) -> None:
    with ScriptedUpstream(status(400, {"error": {"message": "Too hot."}}), models=["m"]) as upstream:
        project("--record-mode=once", test_it=REFUSED, upstream=upstream.url)
    assert "1 passed" in project()


def test_a_run_without_cassettes_loads_no_server(real_project: Run) -> None:
    test = "import sys\ndef test_it():\n    assert not {'aiohttp', 'starlette', 'uvicorn'} & sys.modules.keys()\n"
    assert "1 passed" in real_project(test_it=test)
