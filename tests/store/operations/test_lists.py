"""Pages are read by an index, in order, whatever the filter."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from antiphon.store.asks import Fetch
from antiphon.store.lists import LOOKED_AT, WAYS, Chosen
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


@pytest.mark.parametrize("way", sorted(WAYS))
def test_a_filter_with_an_index_reads_what_it_finds_and_no_more(connection: sqlite3.Connection, way: str) -> None:
    sql = load("sqlite")[f"listed_of_{way}"].sql
    plan = [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + sql, {**PARAMS, way: "x"})]
    column = {"status": "status", "conversation": "conversation_id", "previous": "previous_response_id"}[way]
    assert f"responses_by_{way} (project=? AND {column}=? AND created_at" in plan[0]
    assert not any("TEMP B-TREE" in step for step in plan)
    first = next(lists.responses("p", msgspec.convert({way: "failed"}, Chosen), None, 2))
    assert isinstance(first, Fetch)
    assert first.query == f"listed_of_{way}"


def test_filters_together_or_without_an_index_look_at_so_many_rows() -> None:
    for chosen in (Chosen(status="completed"), Chosen(model="m"), Chosen(status="failed", model="m")):
        first = next(lists.responses("p", chosen, None, 2))
        assert isinstance(first, Fetch)
        assert (first.query, first.params["most"]) == ("listing_floor", LOOKED_AT)


def test_what_is_filtered_stands_in_the_index(connection: sqlite3.Connection) -> None:
    (sql,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'responses_by_time'").fetchone()
    assert "(project, created_at, key, status, model)" in sql


def test_a_page_without_filters_needs_no_floor() -> None:
    first = next(lists.responses("p", Chosen(), None, 2))
    assert isinstance(first, Fetch)
    assert first.query == "listed_responses"
    second = next(lists.responses("p", Chosen(text="x"), None, 2))
    assert isinstance(second, Fetch)
    assert (second.query, second.params["most"]) == ("listing_floor", 2000)
