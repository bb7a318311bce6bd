"""Environments of their own for clients that bring what ours mustn't have, built when a test first asks.

They are kept beside the checkout's own environment, by the hash of their lock; the first use needs the package
index, and a test is skipped, loudly, where that can't be reached or no fitting Python or Node is there. What
couldn't be built isn't tried again in the same run.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

CHECKOUT = Path(__file__).parents[1]
FOLDER = CHECKOUT / ".venv-clients"
SECONDS = 600
SECONDS_OF_NPM = 240
LEFT_OUT = "no client"
"""How the reason of such a skip begins."""
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"process {os.getpid()}"


def client_python(name: str, least: str) -> Path:
    """The interpreter that has what `requirements/clients-NAME.txt` locks, on a Python of at least `least`."""
    lock = CHECKOUT / "requirements" / f"clients-{name}.txt"
    return _built(name, lock, lambda folder: _install_python(folder, lock, least)) / "bin" / "python"


def client_modules(name: str) -> Path:
    """The `node_modules` that has what `tests/clients/NAME/package-lock.json` locks."""
    lock = CHECKOUT / "tests" / "clients" / name / "package-lock.json"
    return _built(name, lock, lambda folder: _install_node(folder, lock)) / "node_modules"


def node() -> str:
    """A Node of version 20 or newer."""
    found = shutil.which("node")
    if found is None:
        left_out("no node is on the PATH")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < 20:
        left_out(f"node is {version}, and they need version 20")
    return found


def left_out(reason: str) -> NoReturn:
    """Skip the test that asks."""
    pytest.skip(f"{LEFT_OUT}: {reason}")


def _built(name: str, lock: Path, install: Callable[[Path], None]) -> Path:
    """The folder of that lock, in which `install` has been done."""
    folder = FOLDER / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    FOLDER.mkdir(exist_ok=True)
    # Several workers may want it at once.
    with (FOLDER / f"{name}.lock").open("a+") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / ".installed").exists():
            guard.seek(0)
            if guard.read() == RUN:
                left_out(f"{lock.name} of {name} couldn't be installed; the first skip says why")
            shutil.rmtree(folder, ignore_errors=True)
            try:
                install(folder)
            except (subprocess.SubprocessError, OSError) as error:
                guard.truncate(0)
                guard.write(RUN)
                shutil.rmtree(folder, ignore_errors=True)
                said = getattr(error, "stderr", None) or error
                left_out(f"the packages of {lock.name} of {name} can't be installed: {str(said)[-300:]}")
            (folder / ".installed").touch()
    return folder


def _install_python(folder: Path, lock: Path, least: str) -> None:
    """With uv, which needs a tenth of pip's time; with pip where uv doesn't get what pip may be told how to get."""
    python = _interpreter(least)
    pinned = ["install", "--quiet", "--require-hashes", "--no-deps", "-r", str(lock)]
    try:
        _run(python, "-m", "venv", "--without-pip", folder)
        _run(Path(sys.executable).with_name("uv"), "pip", *pinned, "--python", folder / "bin" / "python")
    except (subprocess.SubprocessError, OSError):
        shutil.rmtree(folder, ignore_errors=True)
        _run(python, "-m", "venv", folder)
        _run(folder / "bin" / "python", "-m", "pip", *pinned, "--disable-pip-version-check")


def _run(*words: str | Path) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True, timeout=SECONDS)


def _install_node(folder: Path, lock: Path) -> None:
    node()
    folder.mkdir()
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(lock.with_name(name), folder)
    subprocess.run(["npm", "ci"], cwd=folder, check=True, capture_output=True, text=True, timeout=SECONDS_OF_NPM)


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
    left_out(f"no Python of at least {least} is on this machine")
