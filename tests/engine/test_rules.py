"""A rule is a value."""

from antiphon.engine.rules import Rule


def test_equal_rules_are_equal() -> None:
    assert Rule("regex", "a") == Rule("regex", "a") != Rule("lark", "a")
