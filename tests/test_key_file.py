import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from antiphon.errors import ConfigFault
from antiphon.key_file import NAME, found_or_made, read_keys


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "antiphon"
    (key,) = found_or_made(folder)
    assert len(key) == 44
    assert found_or_made(folder) == [key]
    assert [path.name for path in folder.iterdir()] == [NAME]
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600
    assert found_or_made(tmp_path / "other") != [key]


def test_processes_that_start_at_once_have_the_same_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from antiphon.key_file import found_or_made;"
        "sys.stdin.readline(); print(found_or_made(Path(sys.argv[1]))[0].decode())"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate("go\n", timeout=60)[0].strip() for process in processes]
    assert len(said[0]) == 44
    assert len(set(said)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_where_nothing_can_be_kept_the_key_is_this_processes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING, "antiphon"):
        (first,), (second,) = found_or_made(tmp_path / "file" / "x"), found_or_made(tmp_path / "file" / "x")
    assert first != second
    assert "can't be opened after a restart" in caplog.text
    assert first.decode() not in caplog.text


def test_keys_of_a_file_are_one_a_line_the_newest_first(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "keys"
    path.write_text(f"# of May\n{'b' * 32}\n\n# of April\n{'a' * 32}\n")
    path.chmod(0o600)
    with caplog.at_level(logging.WARNING, "antiphon"):
        assert read_keys(path) == [b"b" * 32, b"a" * 32]
    assert not caplog.records


@pytest.mark.skipif(os.name != "posix", reason="files have modes on POSIX only")
def test_a_file_that_others_may_read_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "keys"
    path.write_text("a" * 32)
    path.chmod(0o644)
    with caplog.at_level(logging.WARNING, "antiphon"):
        assert read_keys(path) == [b"a" * 32]
    assert "chmod 600" in caplog.text


@pytest.mark.parametrize(("content", "says"), [(None, "can't be read"), ("\n# none\n", "no key"), ("short", "shorter")])
def test_a_file_without_keys(tmp_path: Path, content: str | None, says: str) -> None:
    path = tmp_path / "keys"
    if content is not None:
        path.write_text(content)
        path.chmod(0o600)
    with pytest.raises(ConfigFault, match=says):
        read_keys(path)
