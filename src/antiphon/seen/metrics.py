"""Metrics for Prometheus, in a registry of their own.

They are counted in plain numbers, a record for each model, and put into Prometheus' words only when it asks: its own
counters cost a response several times as much. Labels are bounded: a route is one of those there are, a model or tool
one of the first hundred, any further is `other`. Not here: who serves `/metrics` (`server/routes/metrics.py`).
Counterpart: `figures.py`, the same for a collector.
"""

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from antiphon.seen.account import Account, fault_of

if TYPE_CHECKING:
    from prometheus_client import Metric

MOST_VALUES = 100
OTHER = "other"
SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
SOON = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
KINDS = ("input", "cached", "output")


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


class Spread:
    """Seconds, counted by buckets."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.total += seconds

    @property
    def empty(self) -> bool:
        """Whether there was none."""
        return not any(self.counts)

    def buckets(self) -> list[tuple[str, float]]:
        """How many were at most each bound."""
        return list(zip([*map(str, self.bounds), "+Inf"], accumulate(self.counts), strict=True))


class OfModel:
    """What is counted of one model."""

    __slots__ = ("cost", "faults", "first", "outcomes", "seconds", "tokens", "turns")

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.seconds, self.first, self.turns = Spread(SECONDS), Spread(SOON), Spread(SECONDS)
        self.tokens = [0, 0, 0]
        self.cost = 0


class OfTool:
    """What is counted of one tool."""

    __slots__ = ("faults", "seconds")

    def __init__(self) -> None:
        self.seconds, self.faults = Spread(SECONDS), 0


class Metrics:
    """The metrics of one server.

    `open_runs` says how many answers are under way, `settle` has all told that is over.
    """

    def __init__(self, open_runs: Callable[[], int] = int, settle: Callable[[], object] = bool) -> None:
        self._open_runs, self._settle = open_runs, settle
        self._names = {"model": Bounded(), "tool": Bounded()}
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._models: dict[str, OfModel] = {}
        self._tools: dict[str, OfTool] = {}
        self._saves, self._save_faults = Spread(SOON), 0

    def answered(self, route: str, method: str, status: int) -> None:
        """An HTTP request was answered; `route` is one of those there are."""
        self._requests[route, method, status] += 1

    def take(self, account: Account) -> None:
        """A run is over."""
        of = self._of_model(account.model)
        of.outcomes[account.outcome] += 1
        of.seconds.add(account.ended - account.began)
        if account.first is not None:
            of.first.add(account.first - account.began)
        usage, tokens = account.usage, of.tokens
        if usage is not None:
            cached = usage.input_tokens_details.cached_tokens
            tokens[0] += max(usage.input_tokens - cached, 0)
            tokens[1] += cached
            tokens[2] += usage.output_tokens
            of.cost += account.cost
        for span in account.spans:
            seconds, fault = (span.end or account.ended) - span.start, fault_of(span)
            if span.kind == "turn":
                turns = of if span.name == account.model else self._of_model(span.name)
                turns.turns.add(seconds)
                if fault:
                    turns.faults[fault] += 1
            elif span.kind == "tool":
                tool = self._tools.setdefault(self._names["tool"].of(span.name), OfTool())
                tool.seconds.add(seconds)
                tool.faults += bool(fault)
            elif span.kind == "save":
                self._saves.add(seconds)
                self._save_faults += bool(fault)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        # Here, since it takes a while to import and most servers have no metrics.
        import prometheus_client as prometheus  # noqa: PLC0415 - 40 ms at start for who doesn't ask for it

        registry = prometheus.CollectorRegistry()
        registry.register(self)
        prometheus.ProcessCollector(registry=registry)
        return prometheus.generate_latest(registry)

    def collect(self) -> "Iterator[Metric]":
        """Each metric with its values, for Prometheus' registry."""
        self._settle()
        models = sorted(self._models.items())
        tools = sorted(self._tools.items())
        yield counted("http_requests", "HTTP requests answered.", ("route", "method", "status"),
                      ((*map(str, key), count) for key, count in sorted(self._requests.items())))  # fmt: skip
        yield counted("responses", "Responses made.", ("model", "outcome"),
                      ((name, kind, count) for name, of in models for kind, count in of.outcomes.items()))  # fmt: skip
        yield spread("response_seconds", "From request to end of a response.", "model",
                     ((name, of.seconds) for name, of in models))  # fmt: skip
        yield spread("first_token_seconds", "From request to the first of the model.", "model",
                     ((name, of.first) for name, of in models))  # fmt: skip
        yield spread("turn_seconds", "One call of a model.", "model", ((name, of.turns) for name, of in models))
        yield counted("turn_faults", "Calls of a model that failed.", ("model", "error"),
                      ((name, kind, count) for name, of in models for kind, count in of.faults.items()))  # fmt: skip
        yield spread("tool_seconds", "One call of a tool of this server.", "tool",
                     ((name, of.seconds) for name, of in tools))  # fmt: skip
        yield counted("tool_faults", "Calls of tools that failed.", ("tool",),
                      ((name, of.faults) for name, of in tools if of.faults))  # fmt: skip
        yield spread("save_seconds", "Making an answer durable.", None, [("", self._saves)])
        yield counted("save_faults", "Answers that couldn't be saved.", (), [(self._save_faults,)])
        tokens = ((name, *pair) for name, of in models for pair in zip(KINDS, of.tokens, strict=True))
        yield counted("tokens", "Tokens used.", ("model", "kind"), tokens)
        yield counted("cost", "What they cost, in the currency of the prices.", ("model",),
                      ((name, of.cost / 1e6) for name, of in models if of.cost))  # fmt: skip
        yield gauged("open_responses", "Answers under way.", self._open_runs())
        yield gauged("tasks", "Tasks of the event loop.", _tasks())

    def _of_model(self, name: str) -> OfModel:
        found = self._models.get(name)
        if found is None:
            found = self._models.setdefault(self._names["model"].of(name), OfModel())
        return found


def counted(name: str, about: str, labels: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> "Metric":
    """A counter; each row is the values of its labels, and the count."""
    from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415 - as above

    made = CounterMetricFamily(f"antiphon_{name}", about, labels=labels)
    for *values, count in rows:
        made.add_metric([str(value) for value in values], count)
    return made


def spread(name: str, about: str, label: str | None, rows: Iterable[tuple[str, Spread]]) -> "Metric":
    """A histogram by one label at the most."""
    from prometheus_client.core import HistogramMetricFamily  # noqa: PLC0415 - as above

    made = HistogramMetricFamily(f"antiphon_{name}", about, labels=[label] if label else [])
    for value, found in rows:
        if not (label and found.empty):
            made.add_metric([value] if label else [], found.buckets(), found.total)
    return made


def gauged(name: str, about: str, value: float) -> "Metric":
    """A gauge."""
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - as above

    return GaugeMetricFamily(f"antiphon_{name}", about, value)


def _tasks() -> int:
    """Those of the loop that asks; none outside one."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        return 0
