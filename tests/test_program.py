"""The program as it is installed."""

import gc
import sys
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import antiphon
from antiphon.program import main


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
    assert antiphon.__version__ == project["version"] == version("antiphon")


def test_the_command_line_is_carried_out_with_garbage_collected(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    [program] = entry_points(group="console_scripts", name="antiphon")
    assert program.load() is main
    monkeypatch.setattr(sys, "argv", ["antiphon", "--version"])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().out == f"antiphon {antiphon.__version__}\n"
    assert gc.isenabled()
