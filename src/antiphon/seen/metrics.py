"""Metrics for Prometheus, in a registry of their own.

Labels are bounded: a route is one of those there are, a model or tool one of the first hundred, any further is `other`.
Not here: who serves `/metrics` (`server/routes/metrics.py`). Counterpart: `otel_metrics.py`, the same for a collector.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from antiphon.seen.account import Account

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

MOST_VALUES = 100
OTHER = "other"
SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
SOON = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Bounded:
    """The values of one label: the first hundred are themselves, later ones `other`."""

    def __init__(self, most: int = MOST_VALUES) -> None:
        self._most = most
        self._known: set[str] = set()

    def of(self, value: str) -> str:
        """The value that stands for this one."""
        if value in self._known:
            return value
        if len(self._known) >= self._most:
            return OTHER
        self._known.add(value)
        return value


def _tasks() -> int:
    """Those of the loop that asks; none outside one."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        return 0


class Metrics:
    """The metrics of one server. `open_runs` says how many answers are under way."""

    def __init__(self, open_runs: Callable[[], int] = int) -> None:
        # Here, since it takes a while to import and most servers have no metrics.
        import prometheus_client as prometheus  # noqa: PLC0415 - 40 ms at start for who doesn't ask for it

        registry = prometheus.CollectorRegistry()
        self.registry: CollectorRegistry = registry
        self._models, self._tools = Bounded(), Bounded()

        def counter(name: str, about: str, *labels: str) -> "Counter":
            return prometheus.Counter(f"antiphon_{name}", about, labels, registry=registry)

        def histogram(name: str, about: str, buckets: tuple[float, ...], *labels: str) -> "Histogram":
            return prometheus.Histogram(f"antiphon_{name}", about, labels, registry=registry, buckets=buckets)

        self._requests = counter("http_requests", "HTTP requests answered.", "route", "method", "status")
        self._responses = counter("responses", "Responses made.", "model", "outcome")
        self._seconds = histogram("response_seconds", "From request to end of a response.", SECONDS, "model")
        self._first = histogram("first_token_seconds", "From request to the first of the model.", SOON, "model")
        self._turns = histogram("turn_seconds", "One call of a model.", SECONDS, "model")
        self._turn_faults = counter("turn_faults", "Calls of a model that failed.", "model", "error")
        self._tools_used = histogram("tool_seconds", "One call of a tool of this server.", SECONDS, "tool")
        self._tool_faults = counter("tool_faults", "Calls of tools that failed.", "tool")
        self._saves = histogram("save_seconds", "Making an answer durable.", SOON)
        self._save_faults = counter("save_faults", "Answers that couldn't be saved.")
        self._tokens = counter("tokens", "Tokens used.", "model", "kind")
        self._cost = counter("cost", "What they cost, in the currency of the prices.", "model")
        open_gauge: Gauge = prometheus.Gauge("antiphon_open_responses", "Answers under way.", registry=registry)
        open_gauge.set_function(open_runs)
        tasks: Gauge = prometheus.Gauge("antiphon_tasks", "Tasks of the event loop.", registry=registry)
        tasks.set_function(_tasks)
        prometheus.ProcessCollector(registry=registry)

    def answered(self, route: str, method: str, status: int) -> None:
        """An HTTP request was answered; `route` is one of those there are."""
        self._requests.labels(route, method, str(status)).inc()

    def take(self, account: Account) -> None:
        """A run is over."""
        model = self._models.of(account.model)
        self._responses.labels(model, account.outcome).inc()
        self._seconds.labels(model).observe(account.ended - account.began)
        if account.first is not None:
            self._first.labels(model).observe(account.first - account.began)
        self._take_usage(account, model)
        for index, span in enumerate(account.spans):
            self._take_span(span.kind, span.name, (span.end or account.ended) - span.start, account.faults.get(index))

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        from prometheus_client import generate_latest  # noqa: PLC0415 - as above

        return generate_latest(self.registry)

    def _take_usage(self, account: Account, model: str) -> None:
        usage = account.usage
        if usage is None:
            return
        cached = usage.input_tokens_details.cached_tokens
        self._tokens.labels(model, "input").inc(max(usage.input_tokens - cached, 0))
        self._tokens.labels(model, "cached").inc(cached)
        self._tokens.labels(model, "output").inc(usage.output_tokens)
        if account.cost:
            self._cost.labels(model).inc(account.cost / 1e6)

    def _take_span(self, kind: str, name: str, seconds: float, fault: str | None) -> None:
        if kind == "turn":
            model = self._models.of(name)
            self._turns.labels(model).observe(seconds)
            if fault:
                self._turn_faults.labels(model, fault).inc()
        elif kind == "tool":
            tool = self._tools.of(name)
            self._tools_used.labels(tool).observe(seconds)
            if fault:
                self._tool_faults.labels(tool).inc()
        elif kind == "save":
            self._saves.observe(seconds)
            if fault:
                self._save_faults.inc()
