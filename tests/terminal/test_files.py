"""`antiphon files add`, as a user types it."""

from pathlib import Path

import pytest
from embedding_server import MODEL, PATHS, TOML
from running_server import run, running_server

from antiphon.errors import ConfigFault
from antiphon.store.vectors import FileCounts
from antiphon.terminal.files import bar, found
from antiphon.testing import ScriptedUpstream

DB = "sqlite:///kept.db"


def test_a_folder_is_read_and_what_is_unchanged_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "handbook"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden").write_text("Nobody.")
    (folder / "cats.md").write_text("Cats purr.")
    (folder / "deep" / "dogs.md").write_text("Dogs bark.")
    (folder / "empty.txt").write_text("")
    (tmp_path / "antiphon.toml").write_text(TOML)
    with ScriptedUpstream(models=["m", MODEL], paths=PATHS) as upstream:
        words = ("files", "add", "handbook", "--store", "pets", "--db", DB, "--upstream", f"up={upstream.url}")
        first = run(*words, folder=tmp_path)
        assert (first.returncode, first.stderr) == (1, "")
        assert "3/3 files, 1 failed" in first.stdout
        assert "3 of 3 files were new or changed; vector store pets is vs_" in first.stdout
        assert "failed: empty.txt: 'empty.txt' is empty" in first.stdout
        (folder / "empty.txt").unlink()
        (folder / "cats.md").write_text("Cats sleep.")
        again = run(*words, folder=tmp_path)
        assert "1 of 2 files were new or changed" in again.stdout
        with running_server("--upstream", f"up={upstream.url}", "--db", DB, folder=tmp_path) as server:
            (store,) = server.client.vector_stores.list()
            assert store.file_counts.completed == 2
            found_now = server.client.vector_stores.search(store.id, query="cats")
            assert found_now.data[0].content[0].text == "Cats sleep."
            assert {one.filename for one in found_now} == {"cats.md", "deep/dogs.md"}


def test_what_cannot_be_added_is_said(tmp_path: Path) -> None:
    for wrong in (tmp_path / "none", tmp_path):
        with pytest.raises(ConfigFault):
            found(wrong)
    (tmp_path / "one.md").write_text("x")
    assert found(tmp_path / "one.md") == [("one.md", tmp_path / "one.md")]
    told = run("files", "add", ".", "--store", "s", "--db", "memory://", folder=tmp_path)
    assert (told.returncode, "--db" in told.stderr) == (2, True)


def test_the_bar_says_how_far_it_is() -> None:
    assert bar(FileCounts()) == f"[{'.' * 30}] 0/0 files"
    assert bar(FileCounts(completed=1, failed=1, in_progress=2)) == f"[{'#' * 15}{'.' * 15}] 2/4 files, 1 failed"
