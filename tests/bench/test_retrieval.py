"""The measurement of searches runs, and says all that it should; a million passages on PostgreSQL when there is time."""

from pathlib import Path

import pytest
from bench.retrieval import Figures, measured, shown
from postgres_server import postgres_server

LARGE = {
    "shared_buffers": "4GB",
    "max_wal_size": "8GB",
    "maintenance_work_mem": "4GB",
    "max_parallel_maintenance_workers": "1",
}
SEARCHES = {"hybrid", "hybrid again", "vectors", "words", "hybrid, a third of the files"}


async def test_a_small_measurement(tmp_path: Path) -> None:
    found = await measured(f"sqlite:///{tmp_path}/bench.db", 200)
    assert found.keys() == {"kept a second", *SEARCHES}
    assert all(isinstance(figure, float) or 0 < figure.half <= figure.most for figure in found.values())
    assert (await measured(f"sqlite:///{tmp_path}/bench.db", 200, "there")).keys() == SEARCHES


async def test_a_small_measurement_on_postgresql() -> None:
    with postgres_server() as server:
        found = await measured(server.url(), 300, "at once")
    assert found.keys() == {*SEARCHES, "recall"}
    assert found["recall"] == 1.0
    assert {figure.fewest for name, figure in found.items() if isinstance(figure, Figures) and name != "words"} == {10}


def test_figures_are_shown_a_line_each() -> None:
    assert shown({"recall": 0.985, "words": Figures(1, 2.25, 0.5, 10)}) == (
        "recall: 0.985\nwords: p50 1.0 ms, p99 2.2 ms, 0.5 ms of computing"
    )


@pytest.mark.soak
@pytest.mark.timeout(7_200)
async def test_a_million_passages_on_postgresql() -> None:
    """Every search finds what it should, and the index most of the passages that are nearest."""
    with postgres_server(**LARGE) as server:
        found = await measured(server.url(), 1_000_000, "at once")
    print(shown(found))  # noqa: T201 - what was measured
    searches = {name: figure.fewest for name, figure in found.items() if isinstance(figure, Figures)}
    assert searches.pop("words") > 0
    assert searches == dict.fromkeys(SEARCHES - {"words"}, 10)
    assert isinstance(found["recall"], float)
    assert found["recall"] >= 0.85, found
