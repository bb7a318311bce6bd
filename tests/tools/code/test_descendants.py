"""The processes below one, on this machine."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from antiphon.tools.code.descendants import kill, memory, settle, thaw, tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of processes in /proc")

PARENT = """
import subprocess, sys, time
held = b"x" * 30_000_000
child = subprocess.Popen([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"])
time.sleep(60)
"""


@pytest.fixture
def parent() -> Iterator[int]:
    """A process with one below it."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        kill(process.pid)


def state(pid: int) -> str:
    status = Path(f"/proc/{pid}/status")
    return status.read_text().split("State:\t")[1][0] if status.exists() else "gone"


def test_all_below_are_found_and_their_memory_is_counted(parent: int) -> None:
    first, *below = tree(parent)
    assert first == parent
    assert len(below) == 1
    assert memory(parent) > 30_000_000 > memory(below[0])


def test_own_ones_are_stopped_and_go_on(parent: int) -> None:
    (child,) = tree(parent)[1:]
    settle(parent, {child})
    assert state(child) == "T"
    thaw(parent)
    assert state(child) != "T"


def test_others_are_ended(parent: int) -> None:
    (child,) = tree(parent)[1:]
    settle(parent, ())
    assert state(child) in {"Z", "gone"}
    assert state(parent) not in {"Z", "T", "gone"}


def test_what_is_gone_has_nothing_below_it() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    assert tree(process.pid) == [process.pid]
    assert memory(process.pid) == 0
    kill(process.pid)
