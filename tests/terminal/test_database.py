"""`antiphon migrate`, `export` and `import`, as a user types them."""

from pathlib import Path

import pytest
from running_server import run, running_server

from antiphon.testing import ScriptedUpstream, text

OLD, NEW = "sqlite:///old.db", "sqlite:///new.db"


def test_migrating_says_what_it_does_and_does_it_once(tmp_path: Path) -> None:
    would = run("migrate", "--db", OLD, "--dry-run", folder=tmp_path)
    assert (would.returncode, would.stderr) == (0, "")
    assert would.stdout.startswith("would apply ")
    assert list(tmp_path.glob("old.db*")) == []
    did = run("migrate", "--db", OLD, folder=tmp_path)
    assert did.stdout == would.stdout.replace("would apply", "applied")
    assert run("migrate", "--db", OLD, folder=tmp_path).stdout == f"{OLD} is up to date.\n"


def test_what_is_exported_can_be_imported(tmp_path: Path) -> None:
    with (
        ScriptedUpstream(default=text("Hello!")) as upstream,
        running_server("--upstream", f"up={upstream.url}", "--db", OLD, folder=tmp_path) as server,
    ):
        answer = server.post({"model": "up/m", "input": "Hi?"})
    done = run("export", "all.jsonl", "--db", OLD, folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    lines = (tmp_path / "all.jsonl").read_bytes().splitlines()
    assert done.stderr == f"{len(lines)} lines from {OLD}\n"
    first = run("import", "all.jsonl", "--db", NEW, folder=tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    assert not first.stdout.startswith("0 ")
    assert run("import", "all.jsonl", "--db", NEW, folder=tmp_path).stdout == f"0 new rows in {NEW}\n"
    again = run("export", "-", "--db", NEW, folder=tmp_path)
    assert again.stdout.encode().splitlines() == lines
    assert answer.response["id"] in again.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "taken"), "overwrites nothing"),
        (("export", "gone/all.jsonl"), "can't be written"),
        (("import", "missing"), "can't be read"),
    ],
)
def test_files_of_no_use_are_named(tmp_path: Path, words: tuple[str, str], said: str) -> None:
    (tmp_path / "taken").write_bytes(b"mine")
    done = run(*words, "--db", OLD, folder=tmp_path)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "taken").read_bytes() == b"mine"
