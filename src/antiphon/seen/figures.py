"""The metrics that a collector gets: those that the conventions for generative AI name, and some of our own.

Labels are bounded as in `metrics.py`, which has the same for Prometheus. Pure counting. Not here: sending (`otel.py`).
Source: OpenTelemetry semantic conventions, gen-ai metrics, with the bounds of their buckets.
"""

from bisect import bisect_left
from collections.abc import Sequence

from antiphon.seen.account import Account
from antiphon.seen.metrics import Bounded
from antiphon.seen.otlp import Amount, Attributes, Metric, Spread

SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
SOON = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
TOKENS = tuple(float(4**power) for power in range(14))
Labels = tuple[tuple[str, str], ...]


class Histogram:
    """One metric's values, counted by their labels."""

    def __init__(self, name: str, unit: str, bounds: Sequence[float]) -> None:
        self._name, self._unit, self._bounds = name, unit, bounds
        self._counts: dict[Labels, list[int]] = {}
        self._totals: dict[Labels, float] = {}

    def record(self, value: float, labels: Labels) -> None:
        """One more value."""
        counts = self._counts.get(labels)
        if counts is None:
            counts = self._counts[labels] = [0] * (len(self._bounds) + 1)
            self._totals[labels] = 0.0
        counts[bisect_left(self._bounds, value)] += 1
        self._totals[labels] += value

    def told(self) -> Metric:
        """As it stands."""
        found = [
            Spread(dict(labels), self._bounds, list(counts), self._totals[labels])
            for labels, counts in self._counts.items()
        ]
        return Metric(self._name, self._unit, found)


class Sum:
    """One metric that only grows, by its labels."""

    def __init__(self, name: str, unit: str) -> None:
        self._name, self._unit = name, unit
        self._sums: dict[Labels, float] = {}

    def add(self, value: float, labels: Labels) -> None:
        """So much more."""
        self._sums[labels] = self._sums.get(labels, 0.0) + value

    def told(self) -> Metric:
        """As it stands."""
        about: list[tuple[Attributes, float]] = [(dict(labels), value) for labels, value in self._sums.items()]
        return Metric(self._name, self._unit, [Amount(labels, value) for labels, value in about])


class Figures:
    """The metrics of one process since it began."""

    def __init__(self) -> None:
        self._seconds = Histogram("gen_ai.client.operation.duration", "s", SECONDS)
        self._first = Histogram("gen_ai.server.time_to_first_token", "s", SOON)
        self._tokens = Histogram("gen_ai.client.token.usage", "{token}", TOKENS)
        self._responses = Sum("antiphon.responses", "{response}")
        self._cost = Sum("antiphon.cost", "1")
        self._models = Bounded()

    def take(self, account: Account) -> None:
        """A run is over."""
        upstream, _, model = self._models.of(account.model).partition("/")
        about: Labels = (
            ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", upstream), ("gen_ai.request.model", model)
        )  # fmt: skip
        failed = (*about, ("error.type", account.error)) if account.error else about
        self._responses.add(1, (*about, ("antiphon.outcome", account.outcome)))
        for span in account.spans:
            if span.kind == "turn" and span.end is not None:
                self._seconds.record(span.end - span.start, failed)
        if account.first is not None:
            self._first.record(account.first - account.began, about)
        if account.usage is not None:
            self._tokens.record(account.usage.input_tokens, (*about, ("gen_ai.token.type", "input")))
            self._tokens.record(account.usage.output_tokens, (*about, ("gen_ai.token.type", "output")))
        if account.cost:
            self._cost.add(account.cost / 1e6, about)

    def told(self) -> list[Metric]:
        """All of them that have anything to say."""
        every = (self._seconds, self._first, self._tokens, self._responses, self._cost)
        return [metric for metric in (one.told() for one in every) if metric.points]
