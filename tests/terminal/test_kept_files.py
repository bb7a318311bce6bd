"""`antiphon files ls` and `rm`, as a user types them."""

from pathlib import Path

from running_server import run, running_server

DB = "sqlite:///kept.db"


def test_files_are_listed_and_removed(tmp_path: Path) -> None:
    with running_server("--db", DB, folder=tmp_path) as server:
        keep = {"anchor": "created_at", "seconds": 3600}
        create = server.client.files.create
        first = create(file=("a.txt", b"hello"), purpose="user_data").id
        second = create(file=("b.txt", b"hello!"), purpose="vision", expires_after=keep).id  # type: ignore[arg-type] # a dict
    listed = run("files", "ls", "--db", DB, folder=tmp_path)
    assert (listed.returncode, listed.stderr) == (0, "")
    one, two, sums = listed.stdout.splitlines()
    assert (one.split()[0], one.split()[1], one.split()[-1]) == (first, "5", "a.txt")
    assert (two.split()[0], " until " in two, two.split()[-1]) == (second, True, "b.txt")
    assert sums == "2 files, 11 bytes"
    removed = run("files", "rm", first, "file_x", "--db", DB, folder=tmp_path)
    assert removed.returncode == 1
    assert f"removed {first}" in removed.stdout
    assert "'file_x'" in removed.stdout
    assert len([path for path in (tmp_path / "kept.files").rglob("*") if path.is_file()]) == 1
    elsewhere = run("files", "ls", "--db", DB, "--project", "other", folder=tmp_path)
    assert elsewhere.stdout == "0 files, 0 bytes\n"
