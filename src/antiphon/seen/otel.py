"""Sends traces and metrics to a collector, by OTLP over HTTP.

Accounts wait in a line; every few seconds a thread turns them into spans and sends them. Nothing of it is on the way of
a token, and a collector that is gone costs nothing but its traces. Needs the extra `[otel]`; imported when it is set
up. Not here: what a span says (`spans.py`). Counterpart: the collector of tests/otel_collector.py.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from antiphon import __version__
from antiphon.seen.account import Account
from antiphon.seen.settings import OtelSettings
from antiphon.seen.spans import spans_of

log = logging.getLogger("antiphon")

MOST_WAITING = 10_000
AT_ONCE = 512
SECONDS_TO_SEND = 10.0
_SPAN = 2**64


class Otel:
    """Traces and metrics of one process. `take` is told accounts, `run` sends until it is cancelled."""

    def __init__(self, settings: OtelSettings, headers: Mapping[str, str], hashed: Callable[[str, str], str]) -> None:
        self._settings = settings
        self._hashed = hashed
        self._resource = Resource({"service.name": settings.service, "service.version": __version__})
        self._waiting: deque[Account] = deque(maxlen=MOST_WAITING)
        base, sent = settings.endpoint.rstrip("/"), dict(headers)
        self._traces = OTLPSpanExporter(f"{base}/v1/traces", headers=sent, timeout=SECONDS_TO_SEND)
        self._meters: MeterProvider | None = None
        if settings.metrics:
            exporter = OTLPMetricExporter(f"{base}/v1/metrics", headers=sent, timeout=SECONDS_TO_SEND)
            reader = PeriodicExportingMetricReader(exporter, settings.every * 1000)
            self._meters = MeterProvider([reader], self._resource, shutdown_on_exit=False)
            self._figures = Figures(self._meters)

    def take(self, account: Account) -> None:
        """A run is over."""
        self._waiting.append(account)

    async def flush(self) -> None:
        """Send what waits."""
        while self._waiting:
            accounts = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            await asyncio.to_thread(self._send, accounts)

    async def run(self) -> None:
        """Send every few seconds."""
        while True:
            await asyncio.sleep(self._settings.every)
            await self.flush()

    async def close(self) -> None:
        """Send what is left, and end."""
        await self.flush()
        await asyncio.to_thread(self._end)

    def _send(self, accounts: list[Account]) -> None:
        if self._meters is not None:
            for account in accounts:
                self._figures.take(account)
        if self._settings.traces:
            kept = [account for account in accounts if self._keeps(account)]
            spans = [span for account in kept for span in spans_of(account, self._resource, self._hashed)]
            if spans:
                self._traces.export(spans)

    def _keeps(self, account: Account) -> bool:
        """Whether a trace is kept: as whoever began it wants, else so many of all, by their ids."""
        trace = account.trace
        if trace is None:
            return False
        if trace.parent:
            return trace.sampled
        return int.from_bytes(trace.id[:8]) < self._settings.sample * _SPAN

    def _end(self) -> None:
        self._traces.shutdown()  # type: ignore[no-untyped-call] # the SDK left its type out
        if self._meters is not None:
            self._meters.shutdown()


class Figures:
    """The metrics that the conventions name, and those of our own."""

    def __init__(self, meters: MeterProvider) -> None:
        meter = meters.get_meter("antiphon", __version__)
        self._seconds = meter.create_histogram("gen_ai.client.operation.duration", "s")
        self._first = meter.create_histogram("gen_ai.server.time_to_first_token", "s")
        self._tokens = meter.create_histogram("gen_ai.client.token.usage", "{token}")
        self._responses = meter.create_counter("antiphon.responses", "{response}")
        self._cost = meter.create_counter("antiphon.cost")

    def take(self, account: Account) -> None:
        """A run is over."""
        upstream, _, model = account.model.partition("/")
        about: dict[str, Any] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": upstream,
            "gen_ai.request.model": model,
        }
        failed = {"error.type": account.error} if account.error else {}
        self._responses.add(1, about | {"antiphon.outcome": account.outcome})
        for span in account.spans:
            if span.kind == "turn" and span.end is not None:
                self._seconds.record(span.end - span.start, about | failed)
        if account.first is not None:
            self._first.record(account.first - account.began, about)
        if account.usage is not None:
            self._tokens.record(account.usage.input_tokens, about | {"gen_ai.token.type": "input"})
            self._tokens.record(account.usage.output_tokens, about | {"gen_ai.token.type": "output"})
        if account.cost:
            self._cost.add(account.cost / 1e6, about)
