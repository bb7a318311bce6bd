"""Counts what is used, and writes it into the store in batches: every few seconds, and when the server stops.

A batch that can't be written waits for the next time. Not here: rows (`store/usage.py`), prices (`prices.py`).
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from antiphon.errors import StoreFault
from antiphon.seen.account import Account
from antiphon.store.usage import Usage, Used, summed

log = logging.getLogger("antiphon")

EVERY = 5.0
"""Seconds between batches."""
MOST = 100_000
"""Rows that may wait; more aren't kept, so that a database that is gone doesn't fill the memory."""


class Counter:
    """Counts for one process. `take` is told accounts; `run` writes until it is cancelled."""

    def __init__(self, store: Usage) -> None:
        self._store = store
        self._waiting: list[Used] = []

    def take(self, account: Account) -> None:
        """Count a run that is over."""
        self._waiting.append(used(account))
        if len(self._waiting) > MOST:
            self._waiting = summed(self._waiting)[:MOST]

    async def flush(self) -> None:
        """Write what was counted. What can't be written is kept for the next time."""
        rows, self._waiting = self._waiting, []
        if not rows:
            return
        try:
            await self._store.add(summed(rows))
        except StoreFault as fault:
            log.warning("usage isn't written yet: %s", fault.message)
            self._waiting = [*rows, *self._waiting]

    async def run(self) -> None:
        """Write every few seconds."""
        while True:
            await asyncio.sleep(EVERY)
            await self.flush()


def used(account: Account) -> Used:
    """The row that a run adds to."""
    usage = account.usage
    kinds: Sequence[str] = [span.kind for span in account.spans]
    counts = (
        {}
        if usage is None
        else {
            "input_tokens": usage.input_tokens,
            "cached_tokens": usage.input_tokens_details.cached_tokens,
            "output_tokens": usage.output_tokens,
            "reasoning_tokens": usage.output_tokens_details.reasoning_tokens,
        }
    )
    return Used(
        project=account.project,
        day=datetime.fromtimestamp(account.ended, UTC).date().isoformat(),
        model=account.model,
        requests=1,
        failed=int(account.outcome == "failed"),
        turns=kinds.count("turn"),
        tool_calls=kinds.count("tool"),
        cost=account.cost,
        **counts,
    )
