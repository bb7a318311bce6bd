"""Runs of pytest for the tests of our plugin, each in a process of its own and none waiting for imports.

Most of such a run is the import of the client, the server and pytest. `forking_pytest()` starts one process that imports
them once; for each run it forks. Of the plugins that are installed a run loads ours and xdist.
Not here: a run as a user starts it, which `testing/test_plugin.py` has too.
"""

import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

SLOW = ("openai.resources.responses", "uvicorn", "uvloop", "antiphon.server.app", "antiphon.testing.played")
PLUGINS = ("-p", "antiphon", "-p", "xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning")


class ForkingPytest:
    """A process that waits to be told of a run."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, words: Sequence[str], folder: Path, variables: Mapping[str, str]) -> tuple[int, str]:
        """The exit status, and what was printed."""
        with tempfile.NamedTemporaryFile("r") as said:
            told = {"words": [*PLUGINS, *words], "folder": str(folder), "variables": dict(variables), "said": said.name}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(told) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline()), said.read()


@contextlib.contextmanager
def forking_pytest() -> Iterator[ForkingPytest]:
    """Ends with the block. It isn't traced: what its children run would be counted by none of them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, __file__]
    with subprocess.Popen(command, env=kept, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield ForkingPytest(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0


def _serve() -> None:
    for name in SLOW:
        importlib.import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _run(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _run(told: dict[str, Any]) -> None:
    """Become one run of pytest."""
    os.environ.clear()
    os.environ.update(told["variables"], PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    os.chdir(told["folder"])
    sys.path[0] = told["folder"]
    said = os.open(told["said"], os.O_WRONLY)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    status = 70
    try:
        status = pytest.main(told["words"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


if __name__ == "__main__":
    _serve()
