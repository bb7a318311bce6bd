"""What is done with the rows of webhooks that are to be delivered. Counterpart: `sql/queries/deliveries.sql`."""

from collections.abc import Sequence

from antiphon.store.asks import Each, Fetch, Steps
from antiphon.store.deliveries import Delivery
from antiphon.store.operations.rows import new_keys


def add(deliveries: Sequence[Delivery]) -> Steps[None]:
    """Write messages."""
    if deliveries:
        keys = yield from new_keys(len(deliveries))
        yield Each("insert_delivery", [_row(key, one) for key, one in zip(keys, deliveries, strict=True)])


def claim(now: float, until: float, limit: int) -> Steps[list[Delivery]]:
    """Take messages that are due."""
    rows = yield Fetch("due_deliveries", {"now": now, "limit": limit})
    if rows:
        yield Each("claim_delivery", [{"key": row[0], "due": until} for row in rows])
    return [_delivery(*tuple(row)) for row in rows]


def put_off(delivery: Delivery, due: float) -> Steps[None]:
    """Note an attempt that failed."""
    yield Fetch("put_off_delivery", {"project": delivery.project, "id": delivery.id, "due": due})


def done(delivery: Delivery) -> Steps[None]:
    """Remove a message."""
    yield Fetch("delete_delivery", {"project": delivery.project, "id": delivery.id})


def next_due() -> Steps[float | None]:
    """The time of the first message."""
    rows = yield Fetch("next_delivery", {})
    due: float | None = rows[0][0]
    return due


def _row(key: int, one: Delivery) -> dict[str, object]:
    fields = {name: getattr(one, name) for name in Delivery.__struct_fields__}
    return {"key": key, **fields}


def _delivery(  # noqa: PLR0913, PLR0917 - the columns of a row
    _key: int, project: str, message_id: str, endpoint: str, body: bytes, created_at: int, due: float, attempts: int
) -> Delivery:
    return Delivery(
        project=project,
        id=message_id,
        endpoint=endpoint,
        body=body,
        created_at=created_at,
        due=due,
        attempts=attempts,
    )
