"""How tests start our program: with a command or flag for the first time as a user does, after that forked, without imports.

All processes of a run of tests have the first times together. Only they are traced by coverage: the others run the same lines. Not here: what is done with the process (`running_server.py`,
`running_standin.py`), and how it is forked (`forked.py`).
"""

import atexit
import fcntl
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

from forked import Forked, Forking

PROGRAM = str(Path(sys.executable).with_name("antiphon"))
COMMANDS = ("ask", "cassette", "database", "doctor", "files", "keys", "serving", "standin", "working")
LATER = (
    "uvloop", "httptools", "uvicorn.protocols.http.httptools_impl", "uvicorn.lifespan.on", "asyncpg",
    *(f"antiphon.terminal.{name}" for name in COMMANDS),
    "antiphon.server.sockets.protocol", "antiphon.server.taping", "antiphon.store.memory",
)  # fmt: skip
"""What is imported when it is known what the program is to do."""
READ_EARLY = ("PYTHON", "LC_", "LANG", "TZ", "COVERAGE_")
"""What an interpreter reads of its environment when it starts begins with these."""

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"process {os.getpid()}"
STARTED = Path(__file__).parents[1] / ".pytest_cache" / "started"
"""Which run of tests it is, and what it has started so far, a line each."""

Process = subprocess.Popen[str] | Forked


def untraced(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program whose lines coverage has from others; tracing doubles its time."""
    return {name: value for name, value in variables.items() if not name.startswith("COVERAGE_")}


def start(  # the face of a `Popen`
    words: Sequence[str], folder: Path, variables: Mapping[str, str], changed: Mapping[str, str], errors: IO[str],
    **real: Any,
) -> Process:  # fmt: skip
    """Start the program; `changed` is what a test has put into `variables`. With words for `Popen` it isn't forked."""
    named = {word for word in words if word.startswith("--")} | {words[0]}
    early = any(name.startswith(READ_EARLY) for name in changed)
    known = _known(named)
    if known and not early and not real and sys.platform == "linux":
        return _forking().start(words, folder, variables, None, errors)
    environment = untraced(variables) if known else variables
    return subprocess.Popen(
        [PROGRAM, *words], cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=errors, **real
    )


@cache
def _forking() -> Forking:
    forking = Forking("antiphon.cli:main", *LATER)
    atexit.register(forking.close)
    return forking


def _known(named: set[str]) -> bool:
    """Whether this run of tests has started the program with each of these before; from now on it has."""
    STARTED.parent.mkdir(exist_ok=True)
    with STARTED.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        run, *before = file.read().splitlines() or [""]
        if run != RUN:
            before = []
            file.truncate(0)
            file.write(f"{RUN}\n")
        new = named.difference(before)
        file.writelines(f"{each}\n" for each in sorted(new))
    return not new
