"""The dashboard in deploy/ asks for metrics that there are, and every metric of ours is on it."""

import json
import re
from pathlib import Path

from antiphon.seen.counts import Counts
from antiphon.seen.metrics import Metrics

DASHBOARD = Path(__file__).resolve().parents[1] / "deploy" / "grafana-dashboard.json"


def test_the_dashboard_shows_the_metrics_that_there_are() -> None:
    told = json.loads(DASHBOARD.read_text())
    asked = {name for panel in told["panels"] for target in panel["targets"] for name in names(target["expr"])}
    there = {
        family.name.removesuffix("_total")
        for family in Metrics(Counts()).collect()
        if family.name.startswith("antiphon")
    }
    assert asked == there - {"antiphon_turn_seconds"}


def names(expression: str) -> set[str]:
    return {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in re.findall(r"antiphon_\w+", expression)}
