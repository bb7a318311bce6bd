"""Counts in a file are there for the next process. What every store does is in `operations/test_uses.py`."""

from pathlib import Path

from antiphon.store.open import open_store
from antiphon.store.uses import Holding, Use


async def test_counts_outlive_the_process(tmp_path: Path) -> None:
    url, use = f"sqlite:///{tmp_path}/a.db", Use("project:blue", "requests", 60, 3)
    for uses, total in (([use], 3), ([use], 6)):
        store = await open_store(url)
        told = await store.uses.exchange(uses, Holding("a", [], 99.0), 60, 61.0)
        assert told.uses == [Use("project:blue", "requests", 60, total)]
        await store.close()
