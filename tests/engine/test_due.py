import pytest

from antiphon.engine.due import values_due
from antiphon.wire.responses import CreateResponse


@pytest.mark.parametrize(
    ("path", "due"),
    [
        (".truncation", ["auto", "disabled"]),
        (".text.verbosity", ["high", "low", "medium"]),
        (".text.format.type", ["text", "json_object", "json_schema"]),
        (".background_options.completion_window", ["2h", "8h", "soonest"]),
        (".user", []),
        (".metadata[...]", []),
        (".nothing.like.this", []),
        ("", []),
    ],
)
def test_the_values_that_are_allowed_at_a_path(path: str, due: list[str]) -> None:
    assert values_due(CreateResponse, path) == due


def test_the_values_of_the_members_of_a_list() -> None:
    assert "reasoning.encrypted_content" in values_due(CreateResponse, ".include[0]")
