"""A run to be driven."""

import engine_answers
import pytest

from antiphon.engine.run import Run


@pytest.fixture
def run() -> Run:
    return Run(engine_answers.planned().plan, engine_answers.sources())
