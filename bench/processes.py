"""Children of the benchmark: started on a core of their own, watched, and ended whatever happens.

Linux only: it reads /proc. Not here: what the children are asked to do (`workloads`).
"""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

SECRETS_AND_SETTINGS = ("ANTIPHON_", "OPENAI_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
COMPILING = "PYTHONDONTWRITEBYTECODE"
"""Set in many containers: then each start compiles all of its sources. What is installed has been compiled."""
POLL_SECONDS = 0.002


class ChildFailed(Exception):
    """A child ended early or never became healthy. The message carries the end of what it said."""


@dataclass(frozen=True, slots=True)
class Cores:
    """The core of the process under test, and the core of all others."""

    server: int
    load: int

    @classmethod
    def find(cls) -> Self:
        """The first two cores this process may use; one alone serves as both."""
        free = sorted(os.sched_getaffinity(0))
        return cls(free[0], free[1] if len(free) > 1 else free[0])


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Children started inside inherit the core, from their first instruction on."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environment() -> dict[str, str]:
    """This environment without the settings, keys and proxies that would change what is measured."""
    left_out = (*SECRETS_AND_SETTINGS, COMPILING)
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(left_out)}


class Child:
    """One process, in a session of its own so that it ends with all it started. A context manager."""

    def __init__(self, command: list[str], core: int, folder: Path) -> None:
        """Start it. What it says goes to a file in `folder`. Raises `ChildFailed`."""
        self._log = folder / f"{free_port()}.log"
        self.command = command
        with on_core(core), self._log.open("wb") as log:
            try:
                self.process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=clean_environment(),
                    start_new_session=True,
                )
            except OSError as error:
                message = f"{' '.join(command)}\ncould not be started: {error}"
                raise ChildFailed(message) from error

    def __enter__(self) -> Self:
        """Nothing more to do: it runs."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it: politely, then not."""
        self.stop()

    def stop(self, patience: float = 10.0) -> None:
        """End the process and its children; kill what is still there after `patience` seconds."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
                return

    def said(self) -> str:
        """The end of its output."""
        return self._log.read_text(errors="replace")[-1500:].strip()

    def pids(self) -> list[int]:
        """The process and everything below it."""
        found = [self.process.pid]
        for pid in found:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    found += [int(word) for word in children.read_text().split()]
        return found

    def rss_kb(self) -> int:
        """Resident memory of the process and everything below it, in KB."""
        return sum(rss_kb(pid) for pid in self.pids())

    def wait_healthy(self, port: int, path: str, patience: float = 20.0) -> None:
        """Come back with the first 200 of `GET path`. Raises `ChildFailed`."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.process.poll() is not None:
                message = f"{' '.join(self.command)}\nended with {self.process.returncode}. It said:\n{self.said()}"
                raise ChildFailed(message)
            if is_healthy(port, path):
                return
            time.sleep(POLL_SECONDS)
        message = f"{' '.join(self.command)}\nwas not healthy after {patience:.0f} s. It said:\n{self.said()}"
        raise ChildFailed(message)


def cpu_seconds(pids: list[int]) -> float:
    """CPU time, in user and kernel mode, that these processes have used; it counts in hundredths of a second."""
    used = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            # The name, in brackets, may hold blanks.
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            used += int(words[11]) + int(words[12])
    return used / os.sysconf("SC_CLK_TCK")


def rss_kb(pid: int) -> int:
    """Resident memory of one process in KB; 0 once it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def get(port: int, path: str, timeout: float = 5.0) -> tuple[int, bytes]:
    """Status and body of a GET on loopback. Raises `OSError` and `http.client.HTTPException`."""
    return ask(port, "GET", path, b"", timeout)


def ask(port: int, method: str, path: str, body: bytes = b"", timeout: float = 30.0) -> tuple[int, bytes]:
    """Status and body of one request on loopback. Raises `OSError` and `http.client.HTTPException`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request(method, path, body or None, {"content-type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()


def is_healthy(port: int, path: str) -> bool:
    """Whether `GET path` is answered with 200."""
    try:
        return get(port, path)[0] == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
