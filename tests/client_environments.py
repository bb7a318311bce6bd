"""Environments of their own for clients that bring what ours mustn't have, built when a test first asks.

They are kept beside the checkout's own environment, by the hash of their lock; the first use needs the package
index, and a test is skipped, loudly, where that can't be reached or no fitting Python is there.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
FOLDER = CHECKOUT / ".venv-clients"
SECONDS = 600


def client_python(name: str, least: str) -> Path:
    """The interpreter that has what `requirements/clients-NAME.txt` locks, on a Python of at least `least`."""
    lock = CHECKOUT / "requirements" / f"clients-{name}.txt"
    folder = FOLDER / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    FOLDER.mkdir(exist_ok=True)
    # Several workers may want it at once.
    with (FOLDER / f"{name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / ".installed").exists():
            _build(folder, python, lock, least)
            (folder / ".installed").touch()
    return python


def _build(folder: Path, python: Path, lock: Path, least: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    try:
        subprocess.run([_interpreter(least), "-m", "venv", str(folder)], check=True, capture_output=True)
        install = [
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "--quiet",
            "--require-hashes",
            "-r",
            str(lock),
        ]
        subprocess.run([str(python), *install], check=True, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.SubprocessError as error:
        shutil.rmtree(folder, ignore_errors=True)
        said = getattr(error, "stderr", None) or error
        pytest.skip(f"the packages of {lock.name} can't be installed: {str(said)[-300:]}")


def _interpreter(least: str) -> str:
    """A Python of at least this version: the running one, one on the PATH, or one of pyenv's."""
    wanted = tuple(map(int, least.split(".")))
    ours = sys.version_info[:2]
    names = [f"python3.{minor}" for minor in range(max(wanted[1], ours[1]), wanted[1] + 6)]
    on_path = [found for name in names if (found := shutil.which(name))]
    pyenv = sorted(map(str, Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python3")))
    for candidate in [sys.executable, *on_path, *pyenv]:
        ask = [candidate, "-c", f"import sys; sys.exit(sys.version_info < {wanted})"]
        if subprocess.run(ask, capture_output=True, check=False).returncode == 0:
            return candidate
    pytest.skip(f"no Python of at least {least} is on this machine")
