"""The metrics that a collector gets: those that the conventions for generative AI name, and some of our own.

Labels are bounded as they are counted. Not here: counting (`counts.py`), sending (`otel.py`). Counterpart:
`metrics.py`, the same for Prometheus. Source: OpenTelemetry semantic conventions, gen-ai metrics.
"""

from collections.abc import Iterator, Sequence

from antiphon.seen.counts import FIRST, OPERATION, TOKENS, Counts, OfModel, Values
from antiphon.seen.otlp import Amount, Attributes, Metric, Spread


def figures(counts: Counts) -> list[Metric]:
    """All of them that have anything to say."""
    models = [(_about(name), of) for name, of in counts.models.items()]
    every = (
        Metric("gen_ai.client.operation.duration", "s", [*_spread(OPERATION, _calls(models))]),
        Metric("gen_ai.server.time_to_first_token", "s", [*_spread(FIRST, _firsts(models))]),
        Metric("gen_ai.client.token.usage", "{token}", [*_spread(TOKENS, _tokens(models))]),
        Metric("antiphon.responses", "{response}", [*_responses(models)]),
        Metric("antiphon.cost", "1", [Amount(about, of.cost / 1e6) for about, of in models if of.cost]),
    )
    return [metric for metric in every if metric.points]


Models = Sequence[tuple[Attributes, OfModel]]


def _about(model: str) -> Attributes:
    upstream, _, name = model.partition("/")
    return {"gen_ai.operation.name": "chat", "gen_ai.provider.name": upstream, "gen_ai.request.model": name}


def _spread(bounds: Sequence[float], found: Iterator[tuple[Attributes, Values]]) -> Iterator[Spread]:
    for about, values in found:
        if values.count:
            yield Spread(about, bounds, values.buckets(bounds), values.total)


def _calls(models: Models) -> Iterator[tuple[Attributes, Values]]:
    for about, of in models:
        for fault, values in of.turns.items():
            yield {**about, "error.type": fault} if fault else about, values


def _firsts(models: Models) -> Iterator[tuple[Attributes, Values]]:
    for about, of in models:
        yield about, of.first


def _tokens(models: Models) -> Iterator[tuple[Attributes, Values]]:
    for about, of in models:
        yield {**about, "gen_ai.token.type": "input"}, of.given
        yield {**about, "gen_ai.token.type": "output"}, of.made


def _responses(models: Models) -> Iterator[Amount]:
    for about, of in models:
        for outcome, count in of.outcomes.items():
            yield Amount({**about, "antiphon.outcome": outcome}, float(count))
