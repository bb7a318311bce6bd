"""`make demo` as a newcomer meets it: run as a program, in a folder that shows what it leaves behind."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from starting import untraced

from antiphon.cassettes.interaction import Interaction
from antiphon.cassettes.open import read_cassette
from demo import CASSETTE, HELLO, ROOT, Fingerprint, client, replay, server
from demo_screen import Screen
from record_demo import record


def run_demo(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**untraced(os.environ), "TMPDIR": str(folder), "HOME": str(folder), "COLUMNS": "100", **variables}
    process = subprocess.Popen(
        [sys.executable, "scripts/demo.py"], cwd=ROOT, env=environment, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, errors = process.communicate(timeout=60)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 0)
        pytest.fail("the demo left a process running")
    return subprocess.CompletedProcess([], process.returncode, out, errors)


def test_demo_shows_a_whole_conversation_and_leaves_nothing(tmp_path: Path) -> None:
    ended = run_demo(tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    for said in (
        "response.reasoning_text.delta", "function_call weather", '{"city": "Lisbon"}', "In Oslo: it is 2 °C",
        "139 + 38 = 177 tokens", "the same, to the byte", "antiphon serve --cassette examples/demo.jsonl",
    ):  # fmt: skip
        assert said in ended.stdout
    assert "\x1b" not in ended.stdout
    assert [line for line in ended.stdout.splitlines() if line != line.rstrip()] == []
    assert list(tmp_path.iterdir()) == []


def test_demo_takes_no_notice_of_proxies_and_settings(tmp_path: Path) -> None:
    ended = run_demo(tmp_path, HTTP_PROXY="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1", ANTIPHON_MODE="live")
    assert ended.returncode == 0


def test_the_shipped_cassette_is_what_the_script_records(tmp_path: Path) -> None:
    fresh = tmp_path / "demo.jsonl"
    recorded = record(fresh)
    assert recorded == replay(fresh, Screen.silent())
    shipped, new = read_cassette(CASSETTE).interactions, read_cassette(fresh).interactions
    assert [interaction.asked.key for interaction in shipped] == [interaction.asked.key for interaction in new]
    assert list(map(body, shipped)) == list(map(body, new))


def body(interaction: Interaction) -> bytes:
    return b"".join(chunk.data for chunk in interaction.load().chunks)


def test_the_cassette_answers_the_request_that_serve_suggests() -> None:
    flags = ("--cassette", str(CASSETTE), "--mode", "replay")
    with server(*flags) as base_url, client(base_url, Fingerprint()) as official:
        model = official.models.list().data[0].id
        assert "I am a recording" in official.responses.create(model=model, input=HELLO).output_text


def test_a_server_that_does_not_start_says_why() -> None:
    flags = ("--cassette", "/nowhere", "--mode", "replay")
    with pytest.raises(SystemExit, match="There is no cassette at /nowhere"), server(*flags):
        pytest.fail("it started")


def test_a_server_that_fails_is_quoted(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text(CASSETTE.read_text().splitlines()[0] + "\n")
    with pytest.raises(SystemExit, match="No upstream has the model 'demo/scripted'"):
        replay(empty, Screen.silent())
