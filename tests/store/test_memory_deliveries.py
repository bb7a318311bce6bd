"""See tests/store/operations/test_deliveries.py, which runs on every store; here only what is this module's own."""

from antiphon.store.deliveries import Delivery
from antiphon.store.memory_deliveries import MemoryDeliveries


async def test_projects_keep_their_messages_apart() -> None:
    kept = MemoryDeliveries(lambda: 5.0)
    one = Delivery(project="p", id="evt_1", endpoint="a", body=b"{}", created_at=1, due=1.0)
    other = Delivery(project="q", id="evt_1", endpoint="a", body=b"{}", created_at=1, due=2.0)
    await kept.add([one, other])
    await kept.done(one)
    assert await kept.claim(9, 9) == [other]
