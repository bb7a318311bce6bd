"""Sandboxes for tests: the real one where this machine has it, and one that keeps nothing in but runs everywhere.

The second is a program that takes the place of `docker`: it runs what a container would, without a container, in a
folder of the test's. It shows everything but isolation, and isolation is shown by the first.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from antiphon.tools.code.jails import Host, jail
from antiphon.tools.code.settings import CodeSettings

NO_CONTAINER = """#!{python}
import json, os, sys
words = sys.argv[1:]
if words[0] != "run":
    open({folder!r} + words[-1] + ".ended", "w").write(" ".join(words))
    sys.exit()
inside = words[words.index("{image}") + 1 :]
settings = json.loads(inside[-1])
settings["folder"] = {folder!r} + words[words.index("--name") + 1]
os.execv(sys.executable, [sys.executable, *inside[1:-1], json.dumps(settings)])
"""
IMAGE = "an-image"


def real(**settings: object) -> CodeSettings:
    """Bubblewrap, with little of everything."""
    small = {"memory": "256m", "disk": "16m", "processes": 30, "seconds": 2, "output": "4k"}
    return CodeSettings(sandbox="bubblewrap", **{**small, **settings})  # type: ignore[arg-type] # settings by name


def _why_not() -> str:
    """Why the real sandbox can't be tried here; empty where it can: its program begins, and ends with its input."""
    if shutil.which("bwrap") is None:
        return "bwrap isn't installed (Debian: apt-get install bubblewrap)"
    with jail(real(), "trial", 1 << 28, Host.here()).ready() as (command, passed):
        tried = subprocess.run(command, input="", capture_output=True, text=True, check=False, pass_fds=passed)
    return (tried.stderr.strip() or f"exit status {tried.returncode}") if tried.returncode else ""


WHY_NOT = _why_not()
jailed = pytest.mark.skipif(bool(WHY_NOT), reason=f"NO REAL SANDBOX HERE: {WHY_NOT}")


def open_program(folder: Path) -> Path:
    """The program that runs code without keeping it in."""
    program = folder / "docker"
    work = f"{folder}/work-"
    program.write_text(NO_CONTAINER.format(python=sys.executable, image=IMAGE, folder=work))
    program.chmod(0o755)
    return program


def unguarded(folder: Path, **settings: object) -> CodeSettings:
    """A container that is none, for what has nothing to do with isolation."""
    small = {"memory": "1g", "seconds": 5, "output": "4k", "image": IMAGE, "program": str(open_program(folder))}
    return CodeSettings(sandbox="container", **{**small, **settings})  # type: ignore[arg-type] # settings by name


def table(settings: CodeSettings) -> str:
    """The settings as they stand in antiphon.toml."""
    lines = ["[tools.code_interpreter]"]
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        if isinstance(value, (str, int)):
            lines.append(f"{name.replace('_', '-')} = {value!r}".replace("'", '"'))
    return "\n".join(lines) + "\n"
