"""`antiphon doctor` as a user types it: it says what is wrong, and makes nothing."""

import socket
from pathlib import Path

import pytest
from running_server import run

from antiphon.testing import ScriptedUpstream, status, text


@pytest.fixture
def upstream() -> ScriptedUpstream:
    return ScriptedUpstream(default=text("Hello!"), models=["m", "n"])


def test_all_is_well(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    with upstream:
        done = run("doctor", "--port", "0", "--upstream", f"scripted={upstream.url}", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"ok  scripted at {upstream.url}: 2 models" in done.stdout
    assert "ok  answers are kept in sqlite:///" in done.stdout
    assert done.stdout.endswith("All is well.\n")
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_is_counted(tmp_path: Path) -> None:
    with ScriptedUpstream() as gone:
        pass
    with (
        ScriptedUpstream(paths={"GET /v1/models": status(401, {"error": {"message": "Wrong key."}})}) as locked,
        socket.create_server(("127.0.0.1", 0)) as taken,
    ):
        words = ["--upstream", f"gone={gone.url}", "--upstream", f"locked={locked.url}"]
        port = str(taken.getsockname()[1])
        done = run("doctor", *words, "--port", port, "--db", "sqlite:///no/such.db", folder=tmp_path)
    assert done.returncode == 1
    bad = [line for line in done.stdout.splitlines() if line.startswith("BAD")]
    assert [words in line for words, line in zip(
        [f"port {port}", "no folder", "Upstream 'gone'", "Wrong key."], bad, strict=True
    )] == [True] * 4  # fmt: skip
    assert done.stdout.endswith("4 things to mend.\n")


def test_tools_are_looked_at(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    table = (
        '[tools.web_search]\nbackend = "exa"\nkey-env = "EXA_KEY"\n[tools.image_generation]\nupstream = "scripted"\n'
    )
    (tmp_path / "antiphon.toml").write_text(table)
    with upstream:
        words = ["doctor", "--port", "0", "--upstream", f"scripted={upstream.url}"]
        good = run(*words, folder=tmp_path, variables={"EXA_KEY": "key-1"})
        bad = run(*words, folder=tmp_path)
    assert "ok  tools are set up: file_search, image_generation, web_search\n" in good.stdout
    assert "The tool 'web_search' takes its key from $EXA_KEY, which isn't set." in bad.stdout
    assert (good.returncode, bad.returncode) == (0, 1)


def test_nothing_found(tmp_path: Path) -> None:
    """There may be a model server on the machine that runs the tests."""
    done = run("doctor", "--port", "0", folder=tmp_path)
    if "No model server was found" in done.stdout:
        assert done.returncode == 1
        assert "--upstream NAME=URL" in done.stdout
    else:
        assert "ok " in done.stdout


def test_cassettes(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    words = ["--port", "0", "--cassette", "tape.jsonl"]
    with upstream:
        named = ["--upstream", f"scripted={upstream.url}"]
        new = run("doctor", *words, *named, folder=tmp_path)
        assert "cassette tape.jsonl (auto): it isn't there yet" in new.stdout
        assert list(tmp_path.iterdir()) == []
        run("ask", "Hello?", *words[2:], *named, folder=tmp_path)
        old = run("doctor", *words, *named, folder=tmp_path)
    assert "cassette tape.jsonl (auto): 1 interactions" in old.stdout
    replay = run("doctor", *words, "--mode", "replay", folder=tmp_path)
    assert (replay.returncode, new.returncode, old.returncode) == (0, 0, 0)
    assert "ok  cassette tape.jsonl (replay)" in replay.stdout
    missing = run("doctor", "--cassette", "none.jsonl", "--mode", "replay", folder=tmp_path)
    assert missing.returncode == 1
    assert "BAD There is no cassette at none.jsonl" in missing.stdout


def test_a_damaged_cassette_or_database(tmp_path: Path, upstream: ScriptedUpstream) -> None:
    (tmp_path / "tape.jsonl").write_text('{"antiphon": 1}\nnonsense\n{"x": 1}\n')
    (tmp_path / "kept.db").write_text("This is no database, but a text that is long enough to be taken for one.")
    with upstream:
        words = ["--port", "0", "--upstream", f"scripted={upstream.url}"]
        for more, says in [(["--cassette", "tape.jsonl"], "tape.jsonl"), (["--db", "sqlite:///kept.db"], "kept.db")]:
            done = run("doctor", *words, *more, folder=tmp_path)
            assert done.returncode == 1
            assert "BAD" in done.stdout
            assert says in done.stdout
            assert done.stderr == ""
