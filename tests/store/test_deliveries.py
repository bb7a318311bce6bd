"""See tests/store/operations/test_deliveries.py, which runs on every store; here only what is this module's own."""

import msgspec

from antiphon.store.deliveries import Delivery


def test_a_message_is_a_value() -> None:
    fields = {"project": "p", "id": "evt_1", "endpoint": "a", "body": b"{}", "created_at": 1, "due": 1.0}
    assert msgspec.convert(fields, Delivery) == Delivery(
        project="p", id="evt_1", endpoint="a", body=b"{}", created_at=1, due=1.0, attempts=0
    )
