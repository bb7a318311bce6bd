"""Metrics in a registry of their own. What a server gives: tests/server/test_seen.py."""

from seen_runs import account

from antiphon.seen.counts import Counts
from antiphon.seen.metrics import Metrics


def test_two_servers_of_one_process_count_apart() -> None:
    counts = Counts()
    one, other = Metrics(counts, lambda: 7), Metrics(Counts())
    counts.take([account()])
    one.requests["/v1/responses", "POST", 200] += 1
    assert b'antiphon_http_requests_total{method="POST",route="/v1/responses",status="200"} 1.0' in one.text()
    assert b'antiphon_turn_seconds_count{model="up/m"} 2.0' in one.text()
    assert b'antiphon_tool_seconds_count{tool="add"} 1.0' in one.text()
    assert b"antiphon_open_responses 7.0" in one.text()
    assert b'model="up/m"' not in other.text()


def test_no_label_can_fill_the_memory() -> None:
    counts = Counts()
    counts.take([account(model=f"up/{number}") for number in range(300)])
    assert Metrics(counts).text().count(b"antiphon_responses_total{") <= 101
