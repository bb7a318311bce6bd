"""The measurement of searches runs, and says all that it should; a million passages on PostgreSQL when there is time."""

from pathlib import Path

import pytest
from bench.retrieval import Corpus, Figures, measured
from postgres_server import postgres_server


async def test_a_small_measurement(tmp_path: Path) -> None:
    found = await measured(f"sqlite:///{tmp_path}/bench.db", 200)
    searches = {"hybrid", "hybrid again", "vectors", "words", "hybrid, a third of the files"}
    assert found.keys() == {"kept a second", *searches}
    assert all(isinstance(figure, float) or 0 < figure.half <= figure.most for figure in found.values())
    assert (await measured(f"sqlite:///{tmp_path}/bench.db", 200, fill=False)).keys() == searches


def test_what_is_measured_is_the_same_in_every_run() -> None:
    one, other = (next(Corpus(100).files()) for _ in range(2))
    assert one == other
    assert len(one[0].text.split()) == 120


@pytest.mark.soak
@pytest.mark.timeout(14_400)
async def test_a_million_passages_on_postgresql() -> None:
    with postgres_server(shared_buffers="4GB", max_wal_size="8GB") as server:
        found = await measured(server.url(), 1_000_000)
    assert isinstance(found["hybrid"], Figures), found
