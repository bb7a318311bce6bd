"""What was used, over a backend. What every store does is shown in `test_usage.py`."""

from antiphon.store.base import OpenStore
from antiphon.store.sql_store import SqlStore
from antiphon.store.sql_usage import SqlUsage
from antiphon.store.usage import Asked


async def test_a_store_has_it(store: OpenStore) -> None:
    assert isinstance(store.usage, SqlUsage) == isinstance(store, SqlStore)
    assert await store.usage.read("p", Asked()) == []
