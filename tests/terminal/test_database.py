"""`antiphon migrate`, `export` and `import`, as a user types them."""

import json
import shutil
from pathlib import Path

import pytest
from running_server import run, running_server

from antiphon.cli import main
from antiphon.testing import ScriptedUpstream, text

OLD, NEW = "sqlite:///old.db", "sqlite:///new.db"
CATS = b"# Cats\n\nThey sleep on the sofa.\n"


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


def test_bytes_can_be_left_where_they_are(tmp_path: Path) -> None:
    with (
        ScriptedUpstream() as upstream,
        running_server("--upstream", f"up={upstream.url}", "--db", OLD, folder=tmp_path) as server,
    ):
        server.client.files.create(file=("cats.md", CATS), purpose="assistants")
    for flags, kinds in (
        ((), {"antiphon-export", "file", "bytes"}),
        (("--no-file-bytes",), {"antiphon-export", "file"}),
    ):
        done = run("export", "-", "--db", OLD, *flags, folder=tmp_path)
        assert {json.loads(line)["kind"] for line in done.stdout.splitlines()} == kinds
    shutil.rmtree(tmp_path / "old.files")
    assert "without their bytes" in run("export", "-", "--db", OLD, folder=tmp_path).stderr


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
    main(["migrate", "--db", f"sqlite:///{tmp_path}/old.db"], {})
    done = run(*words, "--db", OLD, folder=tmp_path)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "taken").read_bytes() == b"mine"


def test_the_default_database_is_made_with_its_folder(tmp_path: Path) -> None:
    assert run("migrate", folder=tmp_path).stdout.startswith("applied ")
    assert run("export", "all.jsonl", folder=tmp_path).returncode == 0
    assert (tmp_path / "all.jsonl").is_file()


def test_a_misspelled_database_is_told_and_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "all.jsonl"
    assert main(["export", str(out), "--db", f"sqlite:///{tmp_path}/typo.db"], {}) == 2
    assert f"There is no database {tmp_path}/typo.db" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_fails_leaves_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, spoiled = tmp_path / "all.jsonl", tmp_path / "spoiled.db"
    spoiled.write_bytes(b"This is no database at all, but it is long enough to be read as one." * 40)
    assert main(["export", str(out), "--db", f"sqlite:///{spoiled}"], {}) != 0
    assert "spoiled.db" in capsys.readouterr().err
    assert not out.exists()
