"""What callers have used, in SQL databases: one transaction for all that a server has to tell and to learn.

Counterpart: `sql/queries/keys.sql`.
"""

from collections.abc import Sequence

from antiphon.store.asks import Each, Fetch, Steps
from antiphon.store.uses import Holding, Told, Use

STREAMS = "streams"


def exchange(used: Sequence[Use], holding: Holding, began: int, now: float) -> Steps[Told]:
    """Tell and learn."""
    rows = [{"subject": use.subject, "kind": use.kind, "began": use.began, "amount": use.amount} for use in used]
    if rows:
        yield Each("add_use", rows)
    yield Fetch("drop_uses", {"before": began})
    yield Fetch("drop_own_holds", {"holder": holding.holder, "now": now})
    who = {"holder": holding.holder, "kind": STREAMS, "expires": holding.expires}
    held = [{**who, "subject": subject, "amount": amount} for subject, amount in holding.held]
    if held:
        yield Each("put_hold", held)
    uses = yield Fetch("uses_since", {"began": began})
    others = yield Fetch("holds_of_others", {"holder": holding.holder, "now": now})
    return Told([Use(*tuple(row)) for row in uses], [(row[0], int(row[1])) for row in others])


def stored_bytes(project: str) -> Steps[int]:
    """How much a project keeps."""
    total = 0
    for query in ("bytes_of_items", "bytes_of_files"):
        rows = yield Fetch(query, {"project": project})
        total += int(rows[0][0])
    return total
