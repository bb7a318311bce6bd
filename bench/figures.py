"""What was measured, and what follows from it: figures, ratios, targets. Pure: no process, no file, no clock.

A figure is named by workload, contestant and metric, and holds one value a round. Rounds are interleaved, so a
ratio is taken round by round and then summed up: what slows the whole machine for a while falls out of it.
Not here: how the values are come by (`workloads`), how they are printed (`tables`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

OURS = "antiphon, stored"
OURS_UNSTORED = "antiphon, store: false"
PASSTHROUGH = "passthrough"
DIRECT = "upstream, direct"

TOKENS_PER_CPU_S = "tok_per_cpu_s"


class Key(NamedTuple):
    """The name of a figure: `Key("burst", OURS, "tok_per_cpu_s")`."""

    workload: str
    contestant: str
    metric: str


class Spread(NamedTuple):
    """Several rounds in one: the median, and the lowest and highest value seen."""

    middle: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread | None:
    """Sum up rounds; None where nothing was measured."""
    return Spread(median(values), min(values), max(values)) if values else None


@dataclass(slots=True)
class Figures:
    """All that one go has measured, and what went wrong in it."""

    values: dict[Key, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def add(self, key: Key, value: float) -> None:
        """Note the value of one round."""
        self.values.setdefault(key, []).append(value)

    def add_load(self, workload: str, contestant: str, load: "Load") -> None:
        """Note all metrics of one run of the load generator, and its errors."""
        if load.trouble:
            self.errors.append(f"{workload}, {contestant}: {load.trouble}")
        for metric, value in load.metrics.items():
            self.add(Key(workload, contestant, metric), value)

    def spread(self, key: Key) -> Spread | None:
        """One figure over its rounds."""
        return spread(self.values.get(key, []))


@dataclass(frozen=True, slots=True)
class Load:
    """What the load generator saw: its numbers by name, and a sentence if a stream went wrong."""

    metrics: dict[str, float]
    trouble: str


def parse_load(line: str) -> Load:
    """Read the line of JSON that the load generator prints.

    A run in which no stream ended is trouble too: its rates would say nothing.
    """
    told = json.loads(line)
    metrics = {name: float(value) for name, value in told.items() if isinstance(value, int | float)}
    bad = {name: told[name] for name in ("err", "incomplete") if told[name]}
    if bad:
        return Load(metrics, f"{bad}, the first: {told['first_error']}")
    return Load(metrics, "" if told["ok"] else "no stream came to its end")


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure divided by another, round by round."""

    of: Key
    by: Key

    def rounds(self, figures: Figures) -> list[float]:
        """One value a round that has both."""
        pairs = zip(figures.values.get(self.of, []), figures.values.get(self.by, []), strict=False)
        return [a / b for a, b in pairs if b > 0]


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure less another, round by round."""

    of: Key
    less: Key

    def rounds(self, figures: Figures) -> list[float]:
        """One value a round that has both."""
        pairs = zip(figures.values.get(self.of, []), figures.values.get(self.less, []), strict=False)
        return [a - b for a, b in pairs]


@dataclass(frozen=True, slots=True)
class Plain:
    """A figure as it is."""

    of: Key

    def rounds(self, figures: Figures) -> list[float]:
        """Its rounds."""
        return figures.values.get(self.of, [])


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached: a value, and on which side of `limit` it has to lie."""

    name: str
    value: Ratio | Difference | Plain
    limit: float
    at_least: bool = False
    unit: str = ""

    def measure(self, figures: Figures) -> Spread | None:
        """The value over the rounds; None where it wasn't measured."""
        return spread(self.value.rounds(figures))

    def met(self, figures: Figures) -> bool | None:
        """Whether the median reaches the limit; None where it wasn't measured."""
        measured = self.measure(figures)
        if measured is None:
            return None
        return measured.middle >= self.limit if self.at_least else measured.middle <= self.limit


def per_cpu(workload: str, contestant: str) -> Ratio:
    """Tokens per CPU second of a contestant, as a part of the passthrough's."""
    return Ratio(Key(workload, contestant, TOKENS_PER_CPU_S), Key(workload, PASSTHROUGH, TOKENS_PER_CPU_S))


def added(metric: str) -> Difference:
    """Time to first token that this server adds to the upstream asked directly, paced at 32."""
    return Difference(Key("paced-32", OURS, metric), Key("paced-32", DIRECT, metric))


TARGETS = (
    Target("tokens per CPU second, burst, stored, of the passthrough", per_cpu("burst", OURS), 0.28, at_least=True),
    Target(
        "tokens per CPU second, burst, store: false, of the passthrough",
        per_cpu("burst", OURS_UNSTORED),
        0.35,
        at_least=True,
    ),
    Target("tokens per CPU second, paced at 128, of the passthrough", per_cpu("paced-128", OURS), 0.6, at_least=True),
    Target("time to first token added to direct, paced at 32, p50", added("ttft_p50_ms"), 2.0, unit="ms"),
    Target("time to first token added to direct, paced at 32, p99", added("ttft_p99_ms"), 5.0, unit="ms"),
    Target("memory, idle", Plain(Key("idle", OURS, "rss_mb")), 70.0, unit="MB"),
    Target("memory per open stream", Plain(Key("idle", OURS, "kb_per_stream")), 45.0, unit="KB"),
    Target("start to first healthy answer", Plain(Key("start", OURS, "start_s")), 1.0, unit="s"),
    Target(
        "CPU that a turn with an MCP call adds, less the MCP SDK's own",
        Difference(Key("tools", "MCP calls", "cpu_ms"), Key("tools", "MCP SDK alone", "cpu_ms")),
        2.0,
        unit="ms",
    ),
    Target("CPU that a turn with a function adds", Plain(Key("tools", "functions", "cpu_ms")), 2.0, unit="ms"),
    Target("database per stored answer", Plain(Key("store", OURS, "kb_per_answer")), 5.0, unit="KB"),
)
