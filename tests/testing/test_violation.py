"""What a violation says."""

import pytest

from antiphon.testing.violation import RULES, StreamViolation, demand, shown


def test_nothing_is_raised_where_the_law_holds() -> None:
    demand(1 == 1, "sequence", "never read")  # noqa: PLR0133 - what holds


def test_a_violation_is_an_assertion_error_with_rule_reason_and_place() -> None:
    with pytest.raises(AssertionError) as caught:
        demand(None, "sequence", "2 came after 0")
    violation = caught.value
    assert isinstance(violation, StreamViolation)
    assert str(violation) == f"[sequence] 2 came after 0\n  rule: {RULES['sequence']}"
    assert str(violation.at(7, {"type": "x"})).splitlines() == [
        "event 7: [sequence] 2 came after 0",
        f"  rule: {RULES['sequence']}",
        "  event: {'type': 'x'}",
    ]


def test_long_values_are_shortened() -> None:
    assert shown("short") == "'short'"
    assert len(shown("x" * 10_000)) < 200
    assert len(str(StreamViolation("event", "no").at(0, {"x": "y" * 10_000}))) < 1000
