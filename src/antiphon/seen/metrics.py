"""The metrics that Prometheus asks for, in a registry of their own.

Everything is counted in plain numbers and put into Prometheus' words only when it asks: its own counters cost a
response several times as much. Not here: counting of runs (`counts.py`), who serves `/metrics`
(`server/routes/metrics.py`). Counterpart: `figures.py`, the same for a collector.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from antiphon.seen.counts import SECONDS, SOON, Counts, Values

if TYPE_CHECKING:
    from prometheus_client import Metric


class Metrics:
    """The metrics of one server: `counts` of its runs, and of requests.

    `open_runs` says how many answers are under way, `settle` has all told that is over.
    """

    def __init__(self, counts: Counts, open_runs: Callable[[], int] = int, settle: Callable[[], object] = bool) -> None:
        self._counts, self._open_runs, self._settle = counts, open_runs, settle
        self.requests: Counter[tuple[str, str, int]] = Counter()
        """HTTP requests that were answered, by route (one of those there are), method and status."""

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
        counts = self._counts
        models, tools = sorted(counts.models.items()), sorted(counts.tools.items())
        turns = [(name, fault, found) for name, of in models for fault, found in of.turns.items()]
        yield counted("http_requests", "HTTP requests answered.", ("route", "method", "status"),
                      ((*map(str, key), count) for key, count in sorted(self.requests.items())))  # fmt: skip
        yield counted("responses", "Responses made.", ("model", "outcome"),
                      ((name, kind, count) for name, of in models for kind, count in of.outcomes.items()))  # fmt: skip
        yield spread("response_seconds", "From request to end of a response.", "model", SECONDS,
                     ((name, [of.seconds]) for name, of in models))  # fmt: skip
        yield spread("first_token_seconds", "From request to the first of the model.", "model", SOON,
                     ((name, [of.first]) for name, of in models))  # fmt: skip
        yield spread("turn_seconds", "One call of a model.", "model", SECONDS,
                     ((name, list(of.turns.values())) for name, of in models))  # fmt: skip
        yield counted("turn_faults", "Calls of a model that failed.", ("model", "error"),
                      ((name, fault, found.count) for name, fault, found in turns if fault))  # fmt: skip
        yield spread("tool_seconds", "One call of a tool of this server.", "tool", SECONDS,
                     ((name, [of.seconds]) for name, of in tools))  # fmt: skip
        yield counted("tool_faults", "Calls of tools that failed.", ("tool",),
                      ((name, of.faults) for name, of in tools if of.faults))  # fmt: skip
        yield spread("save_seconds", "Making an answer durable.", None, SOON, [("", [counts.saves])])
        yield counted("save_faults", "Answers that couldn't be saved.", (), [(counts.save_faults,)])
        tokens = ((name, kind, count) for name, of in models for kind, count in of.tokens.items())
        yield counted("tokens", "Tokens used.", ("model", "kind"), tokens)
        yield counted("cost", "What they cost, in the currency of the prices.", ("model",),
                      ((name, of.cost / 1e6) for name, of in models if of.cost))  # fmt: skip
        yield gauged("open_responses", "Answers under way.", self._open_runs())
        yield gauged("tasks", "Tasks of the event loop.", _tasks())


def counted(name: str, about: str, labels: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> "Metric":
    """A counter; each row is the values of its labels, and the count."""
    from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415 - as above

    made = CounterMetricFamily(f"antiphon_{name}", about, labels=labels)
    for *values, count in rows:
        made.add_metric([str(value) for value in values], count)
    return made


def spread(
    name: str, about: str, label: str | None, bounds: Sequence[float], rows: Iterable[tuple[str, Sequence[Values]]]
) -> "Metric":
    """A histogram by one label at the most; each row is its value, and what is spread, together."""
    from prometheus_client.core import HistogramMetricFamily  # noqa: PLC0415 - as above

    made, names = HistogramMetricFamily(f"antiphon_{name}", about, labels=[label] if label else []), [*map(str, bounds)]
    for value, found in rows:
        counts = accumulate(map(sum, zip(*(one.buckets(bounds) for one in found), strict=True)))
        buckets = list(zip([*names, "+Inf"], counts, strict=True))
        if buckets[-1][1] or not label:
            made.add_metric([value] if label else [], buckets, sum(one.total for one in found))
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
