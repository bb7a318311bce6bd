"""Counts what is used, and writes it into the store in batches: every few seconds, and when the server stops.

A batch that can't be written waits for the next time. Not here: rows (`store/usage.py`), prices (`prices.py`).
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from antiphon.errors import StoreFault
from antiphon.seen.account import Account
from antiphon.seen.prices import Price, cost_of
from antiphon.store.usage import Usage, Used, summed
from antiphon.wire.responses import Usage as Tokens

log = logging.getLogger("antiphon")

EVERY = 5.0
"""Seconds between batches."""
MOST = 100_000
"""Rows that may wait; more aren't kept, so that a database that is gone doesn't fill the memory."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A call that was passed on: whose, to which model, when it ended, and the tokens where the upstream told them."""

    project: str
    model: str
    ended: float
    tokens: Tokens | None
    failed: bool = False


class Counter:
    """Counts for one process. `take` is told accounts; `run` writes until it is cancelled."""

    def __init__(self, store: Usage, prices: Mapping[str, Price] | None = None) -> None:
        self._store = store
        self._prices = prices or {}
        self._waiting: list[Used] = []

    def take(self, account: Account) -> None:
        """Count a run that is over."""
        self._add(used(account))

    def _add(self, row: Used) -> None:
        self._waiting.append(row)
        if len(self._waiting) > MOST:
            self._waiting = summed(self._waiting)[:MOST]

    def passed(self, call: Passed) -> None:
        """Count a call that was passed on as it was."""
        self._add(used_by(call, self._prices))

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


def used_by(call: Passed, prices: Mapping[str, Price]) -> Used:
    """The row that a call adds to that was passed on: one request, and one turn."""
    return Used(
        project=call.project,
        day=_day(call.ended),
        model=call.model,
        requests=1,
        failed=int(call.failed),
        turns=1,
        cost=cost_of(call.model, call.tokens, prices),
        **_counts(call.tokens),
    )


def used(account: Account) -> Used:
    """The row that a run adds to."""
    kinds: Sequence[str] = [span.kind for span in account.spans]
    return Used(
        project=account.project,
        day=_day(account.ended),
        model=account.model,
        requests=1,
        failed=int(account.outcome == "failed"),
        turns=kinds.count("turn"),
        tool_calls=kinds.count("tool"),
        cost=account.cost,
        **_counts(account.usage),
    )


def _counts(usage: Tokens | None) -> dict[str, int]:
    if usage is None:
        return {}
    return {
        "input_tokens": usage.input_tokens,
        "cached_tokens": usage.input_tokens_details.cached_tokens,
        "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.output_tokens_details.reasoning_tokens,
    }


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
