"""Programs of ours that tests start often, in processes of their own that wait for no import.

Nearly all of a start is imports. A `Forking` is a process that has imported a program and forks for each start; what
comes of it reads its own arguments, environment and folder, and ends as if it had been started. Not here: programs as a
user starts them, which `running_server.py` does too. Run as a program, this file is that process.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

LONG = 60.0


class Forked:
    """A process that was forked, with the face of a `Popen`. `stdout` is None where it went to a file."""

    def __init__(self, told: IO[str], stdout: IO[str] | None) -> None:
        self.pid = int(told.readline())
        self.stdout = stdout
        self.returncode: int | None = None
        self._told = told

    def poll(self) -> int | None:
        """The exit status, once it has ended."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, when it has ended."""
        ended = self._ended(timeout)
        if ended is None:
            raise subprocess.TimeoutExpired(["forked"], timeout or 0)
        return ended

    def send_signal(self, number: int) -> None:
        """Nothing to one that has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self) -> tuple[str, None]:
        """What it still says, when it has ended."""
        said = ""
        if self.stdout and not self.stdout.closed:
            said = self.stdout.read()
            self.stdout.close()
        self.wait()
        self._told.close()
        return said, None

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], timeout)[0]:
            self.returncode = int(self._told.readline())
        return self.returncode


class Forking:
    """One process with what `call` needs, as `module:function`, and whatever else is named. Its forks aren't traced."""

    def __init__(self, call: str, *imported: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
        self._door, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno()), call, *imported],
                env=kept, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            )  # fmt: skip

    def start(
        self, words: Sequence[str], folder: Path, variables: Mapping[str, str], stdout: IO[str] | None, stderr: IO[str]
    ) -> Forked:
        """Start the program with these words. Without a `stdout` what it prints is read from the `Forked`."""
        told = {"words": list(words), "folder": str(folder), "variables": dict(variables)}
        status, status_end = os.pipe()
        out, out_end = (None, stdout.fileno()) if stdout else os.pipe()
        with tempfile.TemporaryFile("w+") as start:
            json.dump(told, start)
            start.flush()
            socket.send_fds(self._door, [b"."], [start.fileno(), status_end, out_end, stderr.fileno()])
        os.close(status_end)
        if out is not None:
            os.close(out_end)
        return Forked(os.fdopen(status, buffering=1), None if out is None else os.fdopen(out))

    def close(self) -> None:
        """End it; what it has started goes on."""
        self._door.close()
        self._process.wait(LONG)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _awaited(door: socket.socket) -> list[str]:
    """The arguments of a start, in the process that becomes it; the one that forks ends in here."""
    while True:
        _, files, _, _ = socket.recv_fds(door, 1, 4)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not files:
            os._exit(0)
        if not os.fork():
            door.close()
            return _begun(*files)
        for each in files:
            os.close(each)


def _begun(start: int, status: int, stdout: int, stderr: int) -> list[str]:
    """The same, once there is one that waits for it and tells its status."""
    if child := os.fork():
        for each in (start, stdout, stderr):
            os.close(each)
        os.write(status, f"{child}\n".encode())
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        with contextlib.suppress(BrokenPipeError):
            os.write(status, f"{ended}\n".encode())
        os._exit(0)
    os.close(status)
    os.lseek(start, 0, os.SEEK_SET)
    with os.fdopen(start) as said:
        told = json.load(said)
    for own, given in ((1, stdout), (2, stderr)):
        os.dup2(given, own)
        os.close(given)
    os.environ.clear()
    os.environ.update(told["variables"])
    os.chdir(told["folder"])
    sys.path[0] = told["folder"]
    return [str(word) for word in told["words"]]


if __name__ == "__main__":
    number, of, *imported_too = sys.argv[1:]
    module, _, function = of.partition(":")
    called = getattr(importlib.import_module(module), function)
    for name in imported_too:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    given_words = _awaited(socket.socket(fileno=int(number)))
    sys.argv = [of, *given_words]
    sys.exit(called(given_words))
