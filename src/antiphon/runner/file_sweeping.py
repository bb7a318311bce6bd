"""Removes files and uploads whose time is over, and bytes that a crash left behind, in small batches.

Not here: which those are (`store/filing.py`). Counterpart: `retention.py`, for answers.
"""

import asyncio
import logging
from collections.abc import Callable

from antiphon.errors import StoreFault
from antiphon.store.filing import Filing

log = logging.getLogger("antiphon")

BATCH = 100
BETWEEN_BATCHES = 0.05
BETWEEN_SWEEPS = 60.0
STRAY_AFTER = 3600.0
"""Seconds without a byte more, after which what no row knows isn't on its way any longer."""


async def sweep_files(files: Filing) -> int:
    """Remove everything whose time is over; gives how many files and uploads there were."""
    total = 0
    while True:
        swept = await files.sweep(BATCH)
        total += swept
        if swept < BATCH:
            return total
        await asyncio.sleep(BETWEEN_BATCHES)


async def keep_sweeping_files(files: Filing, clock: Callable[[], float]) -> None:
    """Sweep every minute, and look for strays at once and every hour, until cancelled."""
    looked = 0.0
    while True:
        try:
            await sweep_files(files)
            if clock() - looked >= STRAY_AFTER:
                looked = clock()
                if gone := await files.sweep_strays(looked - STRAY_AFTER):
                    log.info("%d blobs were left behind by a crash, and are removed", gone)
        except StoreFault as fault:
            log.warning("old files couldn't be removed, which is tried again: %s", fault.message)
        await asyncio.sleep(BETWEEN_SWEEPS)
