"""The figures of the overview, from what is remembered of runs. Pure.

Not here: metrics for a collector. Counterpart: `runner/timeline.py`, what is remembered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from antiphon.runner.timeline import Figures

LIMITS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Upper ends of the histogram's columns in seconds; one column more takes the rest."""
SPAN = 600
"""Seconds that the overview looks back."""
COLUMNS = 30
FAILURES = 8
NEARLY_ALL = 0.95


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a server does: over `SPAN` seconds, but for `tokens_now`, which is over the last minute.

    `rates` are runs, `speeds` tokens a second, by column.
    """

    requests: int
    failed: int
    tokens: int
    tokens_now: float
    first: float | None
    first_late: float | None
    histogram: list[int]
    rates: list[int]
    speeds: list[float]
    failures: list[Figures]


def pulse(ended: Sequence[Figures], now: float) -> Pulse:
    """From the runs that ended in the last `SPAN` seconds, the newest first."""
    firsts = sorted(figures.first for figures in ended if figures.first is not None)
    histogram = [0] * (len(LIMITS) + 1)
    for first in firsts:
        histogram[sum(limit < first for limit in LIMITS)] += 1
    rates, tokens = [0] * COLUMNS, [0] * COLUMNS
    for figures in ended:
        back = int((now - figures.at) / (SPAN / COLUMNS))
        if 0 <= back < COLUMNS:
            rates[COLUMNS - 1 - back] += 1
            tokens[COLUMNS - 1 - back] += figures.tokens
    minute = [figures for figures in ended if now - figures.at <= 60]  # noqa: PLR2004 - a minute
    failed = [figures for figures in ended if figures.fault or figures.state == "failed"]
    return Pulse(
        requests=len(ended),
        failed=len(failed),
        tokens=sum(figures.tokens for figures in ended),
        tokens_now=sum(figures.tokens for figures in minute) / 60,
        first=median(firsts) if firsts else None,
        first_late=firsts[min(int(len(firsts) * NEARLY_ALL), len(firsts) - 1)] if firsts else None,
        histogram=histogram,
        rates=rates,
        speeds=[made * COLUMNS / SPAN for made in tokens],
        failures=failed[:FAILURES],
    )
