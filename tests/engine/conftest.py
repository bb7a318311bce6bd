"""Runs for tests of the engine: pure, so a run is a few lines and no waiting."""

from collections.abc import Callable

import msgspec
import pytest

from antiphon.engine.dialects import dialect
from antiphon.engine.notes import Notes
from antiphon.engine.prepare import Place, make_plan, read_request
from antiphon.engine.run import Run
from antiphon.sources import seeded

MakeRun = Callable[..., Run]


@pytest.fixture
def make_run() -> MakeRun:
    """A run for a request with these fields."""

    def make(**fields: object) -> Run:
        sources = seeded("test", 1_700_000_000)
        body = msgspec.json.encode({"model": "m", "input": "hi", **fields})
        asked = read_request(body, sources)
        plan = make_plan(asked, [], Place("up", "m", dialect("openai")), sources, Notes())
        return Run(plan, sources)

    return make
