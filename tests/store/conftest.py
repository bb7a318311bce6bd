"""One empty store of each kind: every test that takes `store` runs on all of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sample_rows import Clock, Make

from antiphon.store.base import OpenStore
from antiphon.store.open import open_store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture(params=["memory", "sqlite"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    urls = {"memory": "memory://", "sqlite": f"sqlite:///{tmp_path}/store.db"}
    return urls[request.param]


@pytest.fixture
async def store(store_url: str, clock: Clock) -> AsyncIterator[OpenStore]:
    opened = await open_store(store_url, clock)
    yield opened
    await opened.close()
