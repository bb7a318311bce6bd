"""A run to be driven."""

import dataclasses
from collections.abc import Callable

import engine_answers
import pytest
from msgspec.structs import replace

from antiphon.engine.run import Run


@pytest.fixture
def run() -> Run:
    return Run(engine_answers.planned().plan, engine_answers.sources())


@pytest.fixture
def runs() -> Callable[[int], list[Run]]:
    """So many runs with ids of their own."""

    def make(count: int) -> list[Run]:
        plan = engine_answers.planned().plan
        answers = [replace(plan.response, id=f"resp_{number}") for number in range(count)]
        return [Run(dataclasses.replace(plan, response=answer), engine_answers.sources()) for answer in answers]

    return make
