"""Pages are read by an index, in order, whatever the filter."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from antiphon.store.asks import Fetch
from antiphon.store.lists import Chosen
from antiphon.store.operations import lists
from antiphon.store.queries import load
from antiphon.store.sqlite import Connection, upgrade


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    opened = Connection(tmp_path / "store.db")
    upgrade(opened)
    with closing(opened.raw) as raw:
        yield raw


PARAMS = {
    "project": "p", "high_time": 9, "high_key": 9, "low_time": 0, "low_key": 0, "most": 5, "limit": 3,
    "status": "failed", "model": None, "conversation": None, "previous": None, "text": None,
}  # fmt: skip


@pytest.mark.parametrize("query", ["listed_responses", "listing_floor", "listed_conversations"])
def test_no_page_sorts_or_reads_a_whole_table(connection: sqlite3.Connection, query: str) -> None:
    plan = connection.execute("EXPLAIN QUERY PLAN " + load("sqlite")[query].sql, PARAMS).fetchall()
    told = " / ".join(row[3] for row in plan)
    assert "_by_time (project=?" in told
    assert "TEMP B-TREE" not in told
    assert "SCAN r" not in told


def test_a_page_without_filters_needs_no_floor() -> None:
    first = next(lists.responses("p", Chosen(), None, 2))
    assert isinstance(first, Fetch)
    assert first.query == "listed_responses"
    second = next(lists.responses("p", Chosen(text="x"), None, 2))
    assert isinstance(second, Fetch)
    assert (second.query, second.params["most"]) == ("listing_floor", 2000)
