"""The metrics that a collector gets: those that the conventions for generative AI name, and some of our own.

Labels are bounded as in `metrics.py`, which has the same for Prometheus. Pure counting. Not here: sending (`otel.py`).
Source: OpenTelemetry semantic conventions, gen-ai metrics, with the bounds of their buckets.
"""

from collections.abc import Sequence

from antiphon.seen.account import Account
from antiphon.seen.metrics import Bounded
from antiphon.seen.metrics import Spread as Seconds
from antiphon.seen.otlp import Amount, Metric, Spread

SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
SOON = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
TOKENS = tuple(float(4**power) for power in range(14))
Labels = tuple[tuple[str, str], ...]


class Histogram:
    """One metric's values, counted by their labels."""

    def __init__(self, name: str, unit: str, bounds: Sequence[float]) -> None:
        self._name, self._unit, self._bounds = name, unit, bounds
        self._found: dict[Labels, Seconds] = {}

    def of(self, labels: Labels) -> Seconds:
        """Where values with these labels are counted."""
        found = self._found.get(labels)
        if found is None:
            found = self._found[labels] = Seconds(self._bounds)
        return found

    def told(self) -> Metric:
        """As it stands, of labels that have a value."""
        points = [
            Spread(dict(labels), self._bounds, list(one.counts), one.total)
            for labels, one in self._found.items()
            if not one.empty
        ]
        return Metric(self._name, self._unit, points)


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
        return Metric(self._name, self._unit, [Amount(dict(labels), value) for labels, value in self._sums.items()])


class Alike:
    """What is counted of answers of one model that ended alike: their labels are looked for once."""

    __slots__ = ("about", "amount", "cost", "first", "given", "made", "outcome", "seconds")

    def __init__(self, figures: "Figures", about: Labels, outcome: str, error: str | None) -> None:
        self.about = about
        self.outcome = (*about, ("antiphon.outcome", outcome))
        self.seconds = figures.seconds.of((*about, ("error.type", error)) if error else about)
        self.first = figures.first.of(about)
        self.given = figures.tokens.of((*about, ("gen_ai.token.type", "input")))
        self.made = figures.tokens.of((*about, ("gen_ai.token.type", "output")))
        self.amount, self.cost = 0, 0


class Figures:
    """The metrics of one process since it began."""

    def __init__(self) -> None:
        self.seconds = Histogram("gen_ai.client.operation.duration", "s", SECONDS)
        self.first = Histogram("gen_ai.server.time_to_first_token", "s", SOON)
        self.tokens = Histogram("gen_ai.client.token.usage", "{token}", TOKENS)
        self._alike: dict[tuple[str, str, str | None], Alike] = {}
        self._models = Bounded()

    def take(self, account: Account) -> None:
        """A run is over."""
        alike = self._alike.get((account.model, account.outcome, account.error)) or self._new(account)
        alike.amount += 1
        for span in account.spans:
            if span.kind == "turn" and span.end is not None:
                alike.seconds.add(span.end - span.start)
        if account.first is not None:
            alike.first.add(account.first - account.began)
        usage = account.usage
        if usage is not None:
            alike.given.add(usage.input_tokens)
            alike.made.add(usage.output_tokens)
            alike.cost += account.cost

    def told(self) -> list[Metric]:
        """All of them that have anything to say."""
        responses, cost = Sum("antiphon.responses", "{response}"), Sum("antiphon.cost", "1")
        for alike in self._alike.values():
            responses.add(alike.amount, alike.outcome)
            if alike.cost:
                cost.add(alike.cost / 1e6, alike.about)
        every = (self.seconds, self.first, self.tokens, responses, cost)
        return [metric for metric in (one.told() for one in every) if metric.points]

    def _new(self, account: Account) -> Alike:
        model = self._models.of(account.model)
        key = (model, account.outcome, account.error)
        if key not in self._alike:
            upstream, _, name = model.partition("/")
            about = (
                ("gen_ai.operation.name", "chat"), ("gen_ai.provider.name", upstream), ("gen_ai.request.model", name)
            )  # fmt: skip
            self._alike[key] = Alike(self, about, account.outcome, account.error)
        return self._alike[key]
