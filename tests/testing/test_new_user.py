"""The plugin as a new user meets it: the built wheel in a fresh environment, an empty project, ten lines of test."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from running_server import environment

from antiphon.testing import ScriptedUpstream, text

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

CHECKOUT = Path(__file__).parents[2]
TEN_LINES = """
import pytest


def greet(client, name):
    answer = client.responses.create(model="m", input=f"Say hello to {name}.")
    return answer.output_text


def test_greeting(openai_client):
    assert greet(openai_client, "Ann") == "Hello, Ann!"
"""

Run = Callable[..., str]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment with the wheel, pytest and the official client."""
    folder = tmp_path_factory.mktemp("installed")
    built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(built, cwd=CHECKOUT, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    made = folder / "venv" / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    install = [
        str(made),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        str(wheel),
        "pytest",
        "openai",
    ]
    ended = subprocess.run(install, check=False, capture_output=True, text=True)
    if ended.returncode:
        pytest.skip(f"no client: the wheel's dependencies can't be installed: {ended.stderr[-300:]}")
    return made


@pytest.fixture
def project(python: Path, tmp_path: Path) -> Run:
    def run(*words: str, status: int = 0, upstream: str = "") -> str:
        variables = {"ANTIPHON_UPSTREAM": f"scripted={upstream}"} if upstream else {}
        home = environment(tmp_path, **variables, PATH=os.environ["PATH"])
        ended = subprocess.run(
            [str(python), "-m", "pytest", *words], check=False, cwd=tmp_path, env=home, capture_output=True, text=True
        )
        assert ended.returncode == status, ended.stdout + ended.stderr
        return ended.stdout

    return run


def test_recorded_replayed_and_failing_well(project: Run, python: Path, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TEN_LINES)
    assert "Record it: pytest --record-mode=once 'test_it.py::test_greeting'" in project(status=1)
    with ScriptedUpstream(text("Hello, ", "Ann!"), models=["m"]) as upstream:
        assert "recorded 1 in cassettes/test_it/test_greeting.jsonl" in project(
            "--record-mode=once", upstream=upstream.url
        )
    assert "1 passed" in project()
    program = python.with_name("antiphon")
    looked = subprocess.run(
        [program, "cassette", "ls", "cassettes"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert "test_it" not in looked.stderr
    assert 'POST /v1/chat/completions m "Say hello to Ann."' in looked.stdout
    (tmp_path / "test_it.py").write_text(TEN_LINES.replace('"Ann")', '"Bob")'))
    said = project(status=1)
    assert 'messages[0].content: recorded "Say hello to Ann.", asked "Say hello to Bob."' in said
    assert "pytest --record-mode=new_episodes 'test_it.py::test_greeting'" in said
    assert "antiphon/" not in said.partition("short test summary")[0].replace("antiphon: ", "")
