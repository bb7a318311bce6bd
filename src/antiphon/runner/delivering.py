"""Delivers webhooks: whatever is due, again with growing waits until it is taken, for three days at most.

Every process of a fleet does it: a message belongs to whoever claimed it, for as long as an attempt may take. Not
here: what a message says (`webhooks.py`), where it waits (`store/deliveries.py`).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from antiphon.errors import AntiphonError, StoreFault
from antiphon.runner.webhooks import Endpoint, messages, request_of
from antiphon.sources import Sources
from antiphon.store.deliveries import Deliveries, Delivery
from antiphon.transport import HttpAnswer, HttpRequest

log = logging.getLogger("antiphon")

WAITS = (5.0, 30.0, 120.0, 600.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 43_200.0, 72_000.0, 86_400.0)
"""Seconds before each further attempt; after the last of them a message is given up."""
ATTEMPT_SECONDS = 20.0
AT_ONCE = 16
LOOK_EVERY = 5.0
"""Seconds between looks for what another process, or an earlier life of this one, left."""
Door = Callable[[Endpoint, HttpRequest], Awaitable[HttpAnswer]]
"""Sends a request to an endpoint, guarded as that wants it; else as `Transport.send`."""

TAKEN, GONE = range(200, 300), 410


class Delivering:
    """`run` until cancelled; `ring` when something new is due. `clock` is in Unix seconds, `waits` as `WAITS`."""

    def __init__(
        self,
        deliveries: Deliveries,
        endpoints: Mapping[str, Endpoint],
        door: Door,
        clock: Callable[[], float],
        waits: tuple[float, ...] = WAITS,
    ) -> None:
        self._deliveries = deliveries
        self._endpoints = endpoints
        self._door = door
        self._clock = clock
        self._waits = waits
        self._rung = asyncio.Event()

    def messages(self, project: str, run: tuple[str, str], sources: Sources) -> list[Delivery]:
        """What is to be sent now that a run ended, to be kept with its end: `run` is its id and its status."""
        return messages(self._endpoints, project, run, sources)

    def ring(self) -> None:
        """Something is due now."""
        self._rung.set()

    async def run(self) -> None:
        """Deliver, until cancelled. A store that is away is asked again later."""
        while True:
            self._rung.clear()
            try:
                while await self.deliver_due():
                    pass
                due = await self._deliveries.next_due()
            except StoreFault as fault:
                log.warning("webhooks wait for the store: %s", fault.message)
                due = None
            patience = LOOK_EVERY if due is None else min(max(due - self._clock(), 0.0), LOOK_EVERY)
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._rung.wait()

    async def deliver_due(self) -> int:
        """Send what is due, some at once; how many there were."""
        claimed = await self._deliveries.claim(2 * ATTEMPT_SECONDS, AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for delivery in claimed:
                group.create_task(self._deliver(delivery))
        return len(claimed)

    async def _deliver(self, delivery: Delivery) -> None:
        endpoint = self._endpoints.get(delivery.endpoint)
        if endpoint is None:
            log.warning("webhook %s is for %r, which the settings no longer have", delivery.id, delivery.endpoint)
            await self._deliveries.done(delivery)
            return
        fault = await self._fault(endpoint, delivery)
        if fault is None:
            await self._deliveries.done(delivery)
        elif fault == GONE or delivery.attempts >= len(self._waits):
            log.warning("webhook %s for %r is given up: %s", delivery.id, delivery.endpoint, fault)
            await self._deliveries.done(delivery)
        else:
            log.info("webhook %s for %r wasn't taken and is sent again: %s", delivery.id, delivery.endpoint, fault)
            await self._deliveries.put_off(delivery, self._clock() + self._waits[delivery.attempts])

    async def _fault(self, endpoint: Endpoint, delivery: Delivery) -> int | str | None:
        """Why it wasn't taken: a status, or words; None where it was. A redirect isn't followed."""
        request = request_of(endpoint, delivery, int(self._clock()))
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                answer = await self._door(endpoint, request)
                await answer.close()
        except TimeoutError:
            return f"no answer within {ATTEMPT_SECONDS:g} s"
        except AntiphonError as error:
            return error.message
        return None if answer.status in TAKEN else answer.status
