"""The processes below one process on Linux: which they are, what memory they use, and a signal for all of them.

Read from /proc, where the processes of a sandbox are seen although it has ids of its own. On a system without it
there is nothing to see. Not here: what follows from it (`process.py`). Source: proc(5).
"""

import contextlib
import os
import re
import signal
import time
from collections.abc import Collection
from pathlib import Path

PROC = Path("/proc")
_PRIVATE = re.compile(rb"^Rss(?:Anon|Shmem):\s+(\d+) kB", re.MULTILINE)
_RESTING = re.compile(rb"^State:\s+[TZX]", re.MULTILINE)
PASSES, PAUSE = 100, 0.002
"""Looks for processes that began while others were being stopped, and the seconds between them: a signal takes a
moment, and each look leaves fewer that could begin any."""


def tree(root: int) -> list[int]:
    """The process `root` and all below it, it first."""
    found = [root]
    for pid in found:
        with contextlib.suppress(OSError):
            for thread in (PROC / str(pid) / "task").iterdir():
                found += map(int, (thread / "children").read_bytes().split())
    return found


def memory(root: int) -> int:
    """Bytes of memory that all of them have for themselves, or in files that are memory; programs aren't counted."""
    return sum(int(kb) * 1024 for pid in tree(root) for kb in _PRIVATE.findall(_status(pid)))


def settle(root: int, own: Collection[int]) -> None:
    """Stop those of `own`, so that they use no processor, and end all others below `root`. It may take 0.2 s."""
    for _ in range(PASSES):
        running = [pid for pid in tree(root)[1:] if not _RESTING.search(_status(pid))]
        if not running:
            return
        _tell([pid for pid in running if pid in own], signal.SIGSTOP)
        _tell([pid for pid in running if pid not in own], signal.SIGKILL)
        time.sleep(PAUSE)


def thaw(root: int) -> None:
    """Let all below `root` go on."""
    _tell(tree(root)[1:], signal.SIGCONT)


def kill(root: int) -> None:
    """End all of them, `root` last."""
    for pid in reversed(tree(root)):
        _tell([pid], signal.SIGKILL)


def _status(pid: int) -> bytes:
    try:
        return (PROC / str(pid) / "status").read_bytes()
    except OSError:
        return b""


def _tell(pids: list[int], what: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, what)
