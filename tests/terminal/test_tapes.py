"""How the commands look on a terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from running_server import environment


def shown(folder: Path, tape: str, **variables: str) -> bytes:
    """What `show` writes to a terminal."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "antiphon.cli", "cassette", "show", tape, "1"]
    subprocess.run(command, check=True, stdout=follower, env=environment(folder, **variables))
    os.close(follower)
    said = os.read(leader, 4096)
    os.close(leader)
    return said


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_for_terminals_that_want_them(
    tmp_path: Path, tape: str, variables: dict[str, str], *, coloured: bool
) -> None:
    assert (b"\x1b[" in shown(tmp_path, tape, **variables)) is coloured
