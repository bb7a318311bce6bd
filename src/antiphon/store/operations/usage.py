"""What was used, in SQL databases. Not here: who counts (`seen/`). Counterpart: `sql/queries/usage.sql`."""

from collections.abc import Sequence

import msgspec

from antiphon.store.asks import Each, Fetch, Steps
from antiphon.store.faults import storable
from antiphon.store.usage import COUNTS, KEY, Asked, Used, summed

COLUMNS = (*KEY, *COUNTS)


def add(rows: Sequence[Used]) -> Steps[None]:
    """Add to what is there. Rows are taken in the order of their keys: who adds at the same time waits, and no more."""
    kept = [row for row in summed(rows) if storable(row.model) and storable(row.project)]
    yield Each("add_usage", [msgspec.structs.asdict(row) for row in kept])


def read(project: str, asked: Asked) -> Steps[list[Used]]:
    """The project's rows, the newest day first."""
    if asked.model is not None and not storable(asked.model):
        return []
    rows = yield Fetch("read_usage", {"project": project, **msgspec.structs.asdict(asked)})
    return [Used(**dict(zip(COLUMNS, tuple(row), strict=True))) for row in rows]
