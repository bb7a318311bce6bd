"""Rows of what was used. What a store does with them is in `operations/test_uses.py`."""

from antiphon.store.uses import Use


def test_a_use_is_equal_to_another() -> None:
    assert Use("project:a", "tokens", 60, 1) == Use("project:a", "tokens", 60, 1)
