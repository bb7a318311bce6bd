"""Counts what is used, and writes it into the store in batches: every few seconds, and when the server stops.

A batch that can't be written waits for the next time. Not here: rows (`store/usage.py`), prices (`prices.py`).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from operator import add

import msgspec

from antiphon.errors import StoreFault
from antiphon.seen.account import Account
from antiphon.seen.prices import Prices
from antiphon.store.usage import COUNTS, KEY, Usage, Used
from antiphon.wire.responses import Usage as Tokens

log = logging.getLogger("antiphon")

EVERY = 5.0
"""Seconds between batches."""
DAY = 86_400
MEMBERS = (*KEY, *COUNTS)
NO_TOKENS = (0, 0, 0, 0)
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


Key = tuple[str, str, str]
"""Of a sum: project, day, model."""


class Counter:
    """Counts for one process. `take` is told accounts; `run` writes until it is cancelled.

    `settle` has all told that is over.
    """

    def __init__(self, store: Usage, prices: Prices | None = None, settle: Callable[[], object] = bool) -> None:
        self._store, self._settle = store, settle
        self._prices = prices or Prices({})
        self._sums: dict[Key, list[int]] = {}
        self._midnight, self._today = -inf, ""

    def take(self, accounts: Sequence[Account]) -> None:
        """Count runs that are over."""
        found: dict[Key, list[tuple[int, ...]]] = {}
        for account in accounts:
            failed = account.outcome == "failed"
            one = (1, failed, account.turns, account.tool_calls, *_counts(account.usage), account.cost)
            found.setdefault((account.project, self._day(account.ended), account.model), []).append(one)
        for key, some in found.items():
            self._add(key, list(map(sum, zip(*some, strict=True))))

    def passed(self, call: Passed) -> None:
        """Count a call that was passed on as it was: one request, and one turn."""
        more = (1, call.failed, 1, 0, *_counts(call.tokens), self._prices.cost(call.model, call.tokens))
        self._add((call.project, self._day(call.ended), call.model), more)

    def rows(self) -> list[Used]:
        """What waits to be written, in the order in which rows are locked."""
        return [
            msgspec.convert(dict(zip(MEMBERS, (*key, *sums), strict=True)), Used)
            for key, sums in sorted(self._sums.items())
        ]

    def _add(self, key: Key, more: Sequence[int]) -> None:
        sums = self._sums.get(key)
        if sums is not None:
            self._sums[key] = list(map(add, sums, more))
        elif len(self._sums) < MOST:
            self._sums[key] = list(map(int, more))

    def _day(self, at: float) -> str:
        if not self._midnight <= at < self._midnight + DAY:
            self._midnight = at // DAY * DAY
            self._today = datetime.fromtimestamp(at, UTC).date().isoformat()
        return self._today

    async def flush(self) -> None:
        """Write what was counted. What can't be written is kept for the next time."""
        self._settle()
        rows, waiting, self._sums = self.rows(), self._sums, {}
        if not rows:
            return
        try:
            await self._store.add(rows)
        except StoreFault as fault:
            log.warning("usage isn't written yet: %s", fault.message)
            for key, sums in waiting.items():
                self._add(key, sums)

    async def run(self) -> None:
        """Write every few seconds."""
        while True:
            await asyncio.sleep(EVERY)
            await self.flush()


def _counts(usage: Tokens | None) -> tuple[int, int, int, int]:
    if usage is None:
        return NO_TOKENS
    return (
        usage.input_tokens,
        usage.input_tokens_details.cached_tokens,
        usage.output_tokens,
        usage.output_tokens_details.reasoning_tokens,
    )
