"""The gates refuse what the house forbids: the configuration in `pyproject.toml`, shown a breach of each kind.

Not here: `scripts/check_size.py` and `scripts/check_docs.py`, which have tests of their own.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from starting import untraced

CHECKOUT = Path(__file__).parents[1]
PROGRAMS = Path(sys.executable).parent


def lint(text: str, path: str) -> str:
    """What ruff says to a file of this text at this path."""
    command = [str(PROGRAMS / "ruff"), "check", "--output-format", "concise", "--stdin-filename", path, "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, cwd=CHECKOUT, check=False).stdout


@pytest.mark.parametrize("path", ["src/antiphon/wire/a.py", "tests/wire/test_a.py", "scripts/a.py"])
@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("PLW0603", "x = 1\n\n\ndef f() -> None:\n    global x\n    x = 2\n"),
        ("TID252", "from . import chat\n"),
        ("TID252", "from ..wire import chat\n"),
        ("PLC0415", "def f() -> None:\n    import json\n\n    json.dumps(1)\n"),
        ("BLE001", "try:\n    x = 1\nexcept Exception:\n    x = 2\n"),
        ("PGH004", "x = 1  # noqa\n"),
        ("FIX002", "x = 1  # TODO: more\n"),
        ("ANN201", "def f():\n    return 1\n"),
    ],
)
def test_the_linter_refuses(path: str, rule: str, text: str) -> None:
    assert f" {rule} " in lint(f'"""A module."""\n\n{text}', path)


def contracts(package: Path) -> subprocess.CompletedProcess[str]:
    """What import-linter says to the package in `package/src`."""
    environment = untraced(os.environ) | {"PYTHONPATH": str(package / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(PROGRAMS / "lint-imports"), "--no-cache", "--no-logo"]
    return subprocess.run(command, capture_output=True, text=True, cwd=package, env=environment, check=False)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the package and its contracts."""
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    shutil.copytree(CHECKOUT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "src" / "antiphon" / "config.py").touch()
    return tmp_path


def test_the_contracts_hold(package: Path) -> None:
    answer = contracts(package)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("module", "forbidden", "contract"),
    [
        ("wire/chat.py", "antiphon.engine.commands", "Imports go one way"),
        ("errors.py", "antiphon.sources", "Imports go one way"),
        ("engine/commands.py", "antiphon.transport", "Imports go one way"),
        ("engine/commands.py", "time", "The engine is pure"),
        ("engine/commands.py", "asyncio", "The engine is pure"),
        ("transport.py", "antiphon.config", "Imports go one way"),
        ("transport.py", "antiphon.testing", "Nothing imports antiphon.testing"),
    ],
)
def test_a_contract_refuses(package: Path, module: str, forbidden: str, contract: str) -> None:
    with (package / "src" / "antiphon" / module).open("a", encoding="utf-8") as file:
        file.write(f"\nimport {forbidden}\n")
    answer = contracts(package)
    assert answer.returncode == 1
    assert f"{contract} BROKEN" in answer.stdout
