"""A client in a process of its own that does one task after another: to import it takes longer than its tasks.

`with working(python, script) as worker:` starts it; a task is a line of JSON to it, what came of it one from it.
Not here: the scripts (`tests/clients`). Counterpart: `client_environments.py`.
"""

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from running_server import environment
from watched_server import Door

Json = dict[str, Any]
Tasks = Callable[..., Json]
"""Does the task of that name, with the address of an MCP server where it wants one, and says what came of it."""


class Worker:
    """The running client."""

    def __init__(self, process: "subprocess.Popen[str]", errors: IO[str]) -> None:
        self._process = process
        self._errors = errors

    def before(self, door: Door) -> Tasks:
        """Its tasks, done against that server."""

        def do(task: str, mcp: str = "") -> Json:
            assert self._process.stdin, "it is started with pipes"
            assert self._process.stdout, "it is started with pipes"
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(json.dumps({"task": task, "url": door.url, "mcp": mcp}) + "\n")
                self._process.stdin.flush()
            line = self._process.stdout.readline()
            if not line:
                self._errors.seek(0)
                raise AssertionError(self._errors.read()[-3000:])
            return dict(json.loads(line))

        return do


@contextlib.contextmanager
def working(*command: str | Path) -> Iterator[Worker]:
    """The client, in a home of its own; it ends with its input."""
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [str(word) for word in command], cwd=home, env=environment(Path(home)), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
        try:
            yield Worker(process, errors)
            process.communicate(timeout=20)
        finally:
            process.kill()
            process.communicate()
