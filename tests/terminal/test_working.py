"""`antiphon worker`: what it needs; what it does is in tests/runner/test_fleet.py and test_chaos.py."""

from pathlib import Path

import pytest
from running_server import run

from antiphon.config import Config, Environment
from antiphon.errors import ConfigFault
from antiphon.terminal.working import work_here


@pytest.mark.parametrize("db", ["memory://", "sqlite:///notes.db"])
def test_it_needs_a_database_that_can_be_shared(db: str) -> None:
    with pytest.raises(ConfigFault, match="can't be shared"):
        work_here(Config(db=db), Environment(variables={}))


def test_the_program_says_so(tmp_path: Path) -> None:
    said = run("worker", "--db", "memory://", folder=tmp_path)
    assert said.returncode == 2
    assert "antiphon serve" in said.stderr
