"""A constraint is a value."""

from antiphon.engine.constraints import Constraint


def test_equal_rules_are_equal() -> None:
    assert Constraint("regex", "a") == Constraint("regex", "a") != Constraint("lark", "a")
