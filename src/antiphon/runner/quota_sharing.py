"""Tells the other servers of one database what was used here, and learns what they have used: twice a second.

So no request waits for a database; and together they let in at most what is used in that half a second more than a
limit. Not here: the counts (`quotas.py`), the rows (`store/uses.py`).
"""

import asyncio
import logging
from collections.abc import Callable

from antiphon.errors import StoreFault
from antiphon.runner.quotas import Quotas
from antiphon.store.uses import Holding, Uses

log = logging.getLogger("antiphon")

EVERY, FORGOTTEN = 0.5, 5.0
"""Seconds between two tellings, and after which a server that wasn't heard of holds nothing any more."""


class QuotaSharing:
    """One server's part in it. `name` tells it from the others; `clock` gives Unix seconds."""

    def __init__(self, quotas: Quotas, store: Uses, name: str, clock: Callable[[], float]) -> None:
        self._quotas = quotas
        self._store = store
        self._name = name
        self._clock = clock

    async def share(self) -> None:
        """Tell and learn, once."""
        uses, held = self._quotas.take()
        now = self._clock()
        try:
            told = await self._store.exchange(uses, Holding(self._name, held, now + FORGOTTEN), self._quotas.began, now)
        except StoreFault as fault:
            self._quotas.untold()
            log.warning("what callers have used isn't shared: %s", fault.message)
            return
        self._quotas.told(told.uses, told.held)

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.share()
