import pytest

from antiphon.engine.dialects.base import OPTIONAL_FIELDS, Dialect


@pytest.mark.parametrize(
    ("dialect", "reads"),
    [
        (Dialect("d", OPTIONAL_FIELDS), False),
        (Dialect("d", OPTIONAL_FIELDS, reasoning_fields=("reasoning",)), True),
        (Dialect("d", OPTIONAL_FIELDS, thinking_parts=True), True),
    ],
)
def test_whether_earlier_thinking_can_be_given_back(dialect: Dialect, *, reads: bool) -> None:
    assert dialect.reads_thinking is reads
