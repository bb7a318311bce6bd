"""Queries of a search, in every form in which models write them."""

import pytest

from antiphon.engine.kinds.queries import queries_in


@pytest.mark.parametrize(
    ("arguments", "queries"),
    [
        ('{"query": " cats "}', ["cats"]),
        ('{"queries": ["a", "b", "a", "", 5, "c", "d", "e"]}', ["a", "b", "c", "d"]),
        ('{"q": "cats"}', ["cats"]),
        ('{"query": ["a"]}', ["a"]),
        ('{"query": 5}', []),
        ("cats", []),
        ("{}", []),
    ],
)
def test_a_query_is_found_however_it_was_written(arguments: str, queries: list[str]) -> None:
    assert queries_in(arguments) == queries
