"""Sends traces and metrics to a collector, by OTLP over HTTP.

Spans wait in a line, as bytes; every few seconds many at a time are sent. Nothing of it is on the way
of a token, and a collector that is gone costs nothing but its traces. Not here: what a span says (`spans.py`), what is
counted (`figures.py`), their bytes (`otlp.py`). Counterpart: the collector of tests/otel_collector.py.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from antiphon import __version__
from antiphon.errors import AntiphonError
from antiphon.seen.account import Account
from antiphon.seen.counts import Counts
from antiphon.seen.figures import figures
from antiphon.seen.otlp import Origin, metrics, traces
from antiphon.seen.settings import OtelSettings
from antiphon.seen.spans import spans_of
from antiphon.transport import HttpRequest, Transport
from antiphon.upstream.reading import read_at_most

log = logging.getLogger("antiphon")

MOST_WAITING = 10_000
AT_ONCE = 512
"""Responses whose spans are sent together, and perhaps some more: some 400 KB."""
SECONDS_TO_SEND = 10.0
SECONDS_TO_END = 3.0
SUCCESS = range(200, 300)
_SPAN = 2**64


class Otel:
    """Traces and metrics of one process. `take` is told accounts, `run` sends until it is cancelled.

    `counts` are what the metrics tell, `clock` gives Unix seconds.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - a door each
        self,
        settings: OtelSettings,
        headers: Mapping[str, str],
        network: Transport,
        hashed: Callable[[str, str], str],
        clock: Callable[[], float],
        counts: Counts,
    ) -> None:
        self._settings = settings
        self._headers = {**headers, "content-type": "application/x-protobuf"}
        self._network = network
        self._hashed = hashed
        self._clock = clock
        self._began = _nanos(clock())
        self._origin = Origin(settings.service, __version__)
        self._waiting: deque[bytearray] = deque(maxlen=MOST_WAITING // AT_ONCE)
        self._room = 0
        self._counts = counts
        self._silent = False

    def take(self, accounts: Sequence[Account]) -> None:
        """Runs are over."""
        if not self._settings.traces:
            return
        said: list[bytes] = []
        kept = [account for account in accounts if self._keeps(account)]
        for account in kept:
            said += spans_of(account, self._hashed)
        if kept:
            self._keep(b"".join(said), len(kept))

    async def flush(self, seconds: float = SECONDS_TO_SEND) -> None:
        """Send what waits. What a collector doesn't take is lost, and the rest waits for the next time."""
        while self._waiting:
            spans = self._waiting.popleft()
            if not self._waiting:
                self._room = 0
            if not await self._sent("traces", traces((spans,), self._origin), seconds):
                return
        if self._settings.metrics and (told := figures(self._counts)):
            await self._sent("metrics", metrics(told, self._origin, self._began, _nanos(self._clock())), seconds)

    async def run(self) -> None:
        """Send every few seconds."""
        while True:
            await asyncio.sleep(self._settings.every)
            await self.flush()

    async def close(self) -> None:
        """Send what is left."""
        await self.flush(SECONDS_TO_END)

    def _keep(self, spans: bytes, responses: int) -> None:
        """In large pieces: small ones that stay for seconds would lie between what comes and goes meanwhile."""
        if self._room <= 0:
            self._waiting.append(bytearray())
            self._room = AT_ONCE
        self._waiting[-1] += spans
        self._room -= responses

    async def _sent(self, what: str, body: bytes, seconds: float) -> bool:
        """Whether the collector took it. That it doesn't is logged once, until it does again."""
        url = f"{self._settings.endpoint.rstrip('/')}/v1/{what}"
        try:
            async with asyncio.timeout(seconds):
                answer = await self._network.send(HttpRequest("POST", url, "otel", self._headers, body))
                try:
                    said = await read_at_most(answer, 1024, seconds)
                finally:
                    await answer.close()
            wrong = None if answer.status in SUCCESS else f"{answer.status} {said.decode('utf-8', 'replace')[:200]!r}"
        except (AntiphonError, TimeoutError) as error:
            wrong = error.message if isinstance(error, AntiphonError) else f"nothing came in {seconds:g} s"
        if wrong is not None and not self._silent:
            log.warning("otel: the collector takes no %s: %s", what, wrong)
        self._silent = wrong is not None
        return wrong is None

    def _keeps(self, account: Account) -> bool:
        """Whether a trace is kept: as whoever began it wants, else so many of all, by their ids."""
        trace = account.trace
        if trace is None:
            return False
        if trace.parent:
            return trace.sampled
        sample = self._settings.sample
        return sample >= 1 or int.from_bytes(trace.id[:8]) < sample * _SPAN


def _nanos(seconds: float) -> int:
    return round(seconds * 1e9)
