"""What the measurement of seeing computes."""

import os

import pytest
from bench.otlp_sink import Sink, length_of
from bench.seen import cpu_of, read_options, summed_up


def test_ratios_are_taken_within_rounds() -> None:
    told = summed_up([(1.0, 1.1), (2.0, 2.1), (1.0, 1.02)], answers=100)
    assert told["ratio"] == pytest.approx(1.05)
    assert told["low"] == pytest.approx(1.035)
    assert told["high"] == pytest.approx(1.075)
    assert told["off_us"] == pytest.approx(10_000)
    assert told["mean"] == pytest.approx((1.1 + 1.05 + 1.02) / 3)
    assert 0.02 < told["error"] < 0.03
    assert summed_up([(1.0, 1.1)], answers=1)["error"] == 0


def test_the_clock_of_a_process() -> None:
    before = cpu_of(os.getpid())
    sum(range(100_000))
    assert cpu_of(os.getpid()) > before


def test_options() -> None:
    assert read_options([]).parts == ["metrics", "usage", "logs", "otel"]
    assert read_options(["--only", "otel"]).parts == ["otel"]
    assert read_options(["--paced"]).paced


@pytest.mark.parametrize("cut", range(0, 80, 7))
def test_the_sink_takes_requests_split_anywhere(cut: int) -> None:
    said = b"POST /v1/traces HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcdePOST / HTTP/1.1\r\ncontent-length:0\r\n\r\n"
    written: list[bytes] = []
    sink = Sink()
    sink.connection_made(Written(written))  # type: ignore[arg-type] # it writes
    for part in (said[:cut], said[cut:]):
        sink.data_received(part)
    assert len(written) == 2
    assert length_of(b"GET / HTTP/1.1\r\nhost: x") == 0


class Written:
    def __init__(self, written: list[bytes]) -> None:
        self.write = written.append
