"""`antiphon replay` and `antiphon record`, started as a user starts them, and what a test does with them.

Not here: `antiphon serve` (`running_server.py`).
"""

import contextlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
from judged_http import NO_TLS
from running_server import PATIENCE, environment
from starting import Process, start

ADDRESS = re.compile(r"http://\S+:\d+")


@dataclass
class RunningStandin:
    """A running process. `url` has no path; after the end, `status` is its exit status and `said` its standard error."""

    url: str
    process: Process
    http: httpx2.Client
    status: int | None = None
    said: str = ""


@contextlib.contextmanager
def running_standin(command: str, *words: str, folder: Path) -> Iterator[RunningStandin]:
    """`antiphon replay …` or `antiphon record …` on a free port, in a folder."""
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context(tempfile.TemporaryFile("w+"))
        process = start([command, "--port", "0", *words], folder, environment(folder), {}, errors)
        stack.callback(_ended, process)
        line = process.stdout.readline() if process.stdout else ""
        if not (found := ADDRESS.search(line)):
            process.wait(PATIENCE)
            errors.seek(0)
            raise AssertionError(f"it didn't start: {line}{errors.read()}")
        http = stack.enter_context(httpx2.Client(base_url=found[0], timeout=PATIENCE, verify=NO_TLS))
        standin = RunningStandin(found[0], process, http)
        yield standin
        process.terminate()
        standin.status = process.wait(PATIENCE)
        errors.seek(0)
        standin.said = errors.read()


def _ended(process: Process) -> None:
    process.kill()
    process.communicate()
