"""What a collector is told of counts. What arrives there: tests/server/test_seen.py."""

from seen_runs import account

from antiphon.engine.commands import CallUpstream, Finish
from antiphon.engine.replies import UpstreamFailed
from antiphon.errors import UpstreamUnavailable
from antiphon.seen.counts import Counts
from antiphon.seen.figures import figures
from antiphon.seen.otlp import Amount, Spread


def test_what_a_run_adds() -> None:
    counts = Counts()
    counts.take([account()])
    told = {metric.name: metric for metric in figures(counts)}
    assert told.keys() == {
        "gen_ai.client.operation.duration", "gen_ai.server.time_to_first_token", "antiphon.responses",
    }  # fmt: skip
    (seconds,) = told["gen_ai.client.operation.duration"].points
    assert isinstance(seconds, Spread)
    assert (sum(seconds.counts), seconds.attributes["gen_ai.request.model"]) == (2, "m")
    assert "error.type" not in seconds.attributes
    (responses,) = told["antiphon.responses"].points
    assert isinstance(responses, Amount)
    assert responses.value == 1.0


def test_a_call_that_failed_says_so() -> None:
    counts, down = Counts(), UpstreamUnavailable("down")
    counts.take([account([CallUpstream("up", {"model": "m"}), UpstreamFailed(down), Finish(down)])])
    seconds = next(metric for metric in figures(counts) if metric.name == "gen_ai.client.operation.duration")
    assert [point.attributes.get("error.type") for point in seconds.points] == ["upstream_unavailable"]


def test_no_label_can_fill_the_memory() -> None:
    counts = Counts()
    counts.take([account(model=f"up/{number}") for number in range(300)])
    assert all(len(metric.points) <= 101 for metric in figures(counts))
