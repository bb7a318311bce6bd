"""Whom routes ask for containers. What a request is told is tried in `test_code_interpreter.py`."""

from pathlib import Path

import pytest
from sandboxes import table, unguarded

from antiphon.config import Environment, load
from antiphon.errors import InvalidRequest
from antiphon.server.code_containers import containers_of
from antiphon.server.services import open_services


async def test_there_are_containers_where_a_sandbox_is_set_up(tmp_path: Path) -> None:
    nothing = Environment(variables={})
    flags = {"upstream": ["up=http://127.0.0.1:1/v1"], "db": "memory://"}
    async with open_services(load(flags, {}, tmp_path), nothing) as services:
        with pytest.raises(InvalidRequest, match=r"\[tools.code_interpreter\]"):
            containers_of(services, "p")
    (tmp_path / "antiphon.toml").write_text(table(unguarded(tmp_path)))
    async with open_services(load(flags, {}, tmp_path), nothing) as services:
        asked = containers_of(services.in_scope("a test"), "p")
        assert (asked.scope, await asked.all()) == ("a test", [])
