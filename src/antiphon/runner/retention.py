"""Deletes what is older than the operator wants to keep, in small batches that leave others their turn.

Not here: what belongs to a response (`store/`), how long to keep it (the configuration).
"""

import asyncio
import logging
from collections.abc import Callable

from antiphon.errors import StoreFault
from antiphon.store.base import StoreAdmin
from antiphon.store.runs import Runs

log = logging.getLogger("antiphon")

BATCH = 200
BETWEEN_BATCHES = 0.05
BETWEEN_SWEEPS = 300.0
"""Seconds; what is kept for less is swept as often as that."""


def pause(keep: float) -> float:
    """Seconds between sweeps of what is kept for `keep` seconds."""
    return min(BETWEEN_SWEEPS, max(keep, 1.0))


async def sweep_once(store: StoreAdmin, before: int) -> int:
    """Delete everything created before `before` (Unix seconds); gives how many answers there were."""
    total = 0
    while True:
        deleted = await store.sweep(before, BATCH)
        total += deleted
        if deleted < BATCH:
            return total
        await asyncio.sleep(BETWEEN_BATCHES)


async def keep_sweeping_logs(runs: Runs, keep: float, clock: Callable[[], float]) -> None:
    """Forget again and again the events of runs that ended more than `keep` seconds ago, until cancelled."""
    while True:
        try:
            forgotten = await runs.sweep(clock() - keep, BATCH)
        except StoreFault as fault:
            log.warning("old events couldn't be deleted, which is tried again: %s", fault.message)
            forgotten = 0
        await asyncio.sleep(pause(keep) if forgotten < BATCH else BETWEEN_BATCHES)


async def keep_sweeping(store: StoreAdmin, keep: float, clock: Callable[[], float]) -> None:
    """Sweep again and again what is older than `keep` seconds, until cancelled."""
    while True:
        try:
            deleted = await sweep_once(store, int(clock() - keep))
            if deleted:
                log.info("%d stored answers were older than is kept, and are deleted", deleted)
        except StoreFault as fault:
            log.warning("old answers couldn't be deleted, which is tried again: %s", fault.message)
        await asyncio.sleep(pause(keep))
