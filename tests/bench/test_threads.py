"""What a turn adds to the database doesn't depend on how many came before it."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.processes import ChildFailed
from bench.threads import WAYS, Point, bytes_per_turn, measure, postgres_bytes
from postgres_server import postgres_server
from running_server import running_server

from antiphon.testing import ScriptedUpstream, status, text

MARKS = (20, 140, 260)
ANSWER = "They went up to the lamp, and sat there until the fog was gone; the cat slept. " * 6


@pytest.fixture
def mock() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(default=text(ANSWER), models=["mock"]) as upstream:
        yield upstream


def weigh_sqlite(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def holds(points: list[Point], within: float = 0.1) -> None:
    _, early, late = bytes_per_turn(points)
    assert late == pytest.approx(early, rel=within)
    assert [point.turns for point in points] == [0, *MARKS]
    # The answer, the question, and the response with all its fields.
    assert len(ANSWER) < late < len(ANSWER) + 5000


@pytest.mark.parametrize("way", [WAYS[0], pytest.param(WAYS[1], marks=pytest.mark.soak)])
def test_bytes_per_turn_are_constant_on_sqlite(mock: ScriptedUpstream, way: str, tmp_path: Path) -> None:
    path = tmp_path / "grown.db"
    with running_server("--upstream", f"mock={mock.url}", "--db", f"sqlite:///{path}") as server:
        holds(measure(server.address[1], way, lambda: weigh_sqlite(path), MARKS))


@pytest.mark.soak
def test_bytes_per_turn_are_constant_on_postgres(mock: ScriptedUpstream) -> None:
    with postgres_server() as postgres:
        url = postgres.url()
        with running_server("--upstream", f"mock={mock.url}", "--db", url) as server:
            for way in WAYS:
                # Its tables and indexes grow by steps that are large beside so few turns.
                holds(measure(server.address[1], way, lambda: postgres_bytes(url), MARKS), within=0.25)


def test_a_refused_turn_is_said() -> None:
    with (
        ScriptedUpstream(default=status(500, {"error": {"message": "no"}}), models=["mock"]) as upstream,
        running_server("--upstream", f"mock={upstream.url}") as server,
        pytest.raises(ChildFailed, match="/v1/responses: 500"),
    ):
        measure(server.address[1], "chain", lambda: 0, (1,))
