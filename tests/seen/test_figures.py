"""What is counted for a collector. What arrives there: tests/server/test_seen.py."""

from seen_runs import account

from antiphon.seen.figures import Figures, Histogram
from antiphon.seen.otlp import Amount, Spread


def test_values_are_counted_up_to_their_bounds() -> None:
    histogram = Histogram("n", "s", (1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 9.0):
        histogram.of((("a", "b"),)).add(value)
    assert histogram.told().points == [Spread({"a": "b"}, (1.0, 2.0), [2, 1, 1], 12.0)]


def test_what_a_run_adds() -> None:
    figures = Figures()
    figures.take(account())
    told = {metric.name: metric for metric in figures.told()}
    assert told.keys() == {
        "gen_ai.client.operation.duration", "gen_ai.server.time_to_first_token", "antiphon.responses",
    }  # fmt: skip
    (seconds,) = told["gen_ai.client.operation.duration"].points
    assert isinstance(seconds, Spread)
    assert (sum(seconds.counts), seconds.attributes["gen_ai.request.model"]) == (2, "m")
    (responses,) = told["antiphon.responses"].points
    assert isinstance(responses, Amount)
    assert responses.value == 1.0


def test_no_label_can_fill_the_memory() -> None:
    figures = Figures()
    for number in range(300):
        figures.take(account(model=f"up/{number}"))
    assert all(len(metric.points) <= 101 for metric in figures.told())
