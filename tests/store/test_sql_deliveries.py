"""See tests/store/operations/test_deliveries.py, which runs on every store; here only what is this module's own."""

from pathlib import Path

from antiphon.store.deliveries import Delivery
from antiphon.store.open import open_store


async def test_messages_outlive_the_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    one = Delivery(project="p", id="evt_1", endpoint="a", body=b"{}", created_at=1, due=1.0)
    store = await open_store(url)
    await store.deliveries.add([one])
    await store.close()
    again = await open_store(url)
    assert await again.deliveries.claim(9, 9) == [one]
    await again.close()
