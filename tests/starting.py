"""How tests start our program: the first time of each kind as a user does, and after that forked, without its imports.

A kind is a command with its flags, whatever they are set to. Each process of tests has its own first times; only they are
traced, since the others run the same lines. Not here: what is done with the process (`running_server.py`,
`running_standin.py`), and how it is forked (`forked.py`).
"""

import atexit
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

from forked import Forked, Forking

PROGRAM = str(Path(sys.executable).with_name("antiphon"))
LATER = ("uvloop", "httptools", "uvicorn.protocols.http.httptools_impl", "uvicorn.lifespan.on", "asyncpg")
"""What a server imports when it has started."""
READ_EARLY = ("PYTHON", "LC_", "LANG", "TZ", "COVERAGE_")
"""What an interpreter reads of its environment when it starts begins with these."""

Process = subprocess.Popen[str] | Forked

_known: set[frozenset[str]] = set()


def start(  # the face of a `Popen`
    words: Sequence[str], folder: Path, variables: Mapping[str, str], changed: Mapping[str, str], errors: IO[str],
    **real: Any,
) -> Process:  # fmt: skip
    """Start the program; `changed` is what a test has put into `variables`. With words for `Popen` it isn't forked."""
    kind = frozenset(word for word in words if word.startswith("--") or word.isalpha())
    early = any(name.startswith(READ_EARLY) for name in changed)
    if kind in _known and not early and not real and sys.platform == "linux":
        return _forking().start(words, folder, variables, None, errors)
    _known.add(kind)
    return subprocess.Popen(
        [PROGRAM, *words], cwd=folder, env=variables, text=True, stdout=subprocess.PIPE, stderr=errors, **real
    )


@cache
def _forking() -> Forking:
    forking = Forking("antiphon.cli:main", *LATER)
    atexit.register(forking.close)
    return forking
