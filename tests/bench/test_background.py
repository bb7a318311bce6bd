"""What the measurement of followed runs computes."""

import pytest
from bench.background import STAMP, STAMP_MOD, age, percentile, read_options


@pytest.mark.parametrize(("written", "now", "gone"), [(5, 105, 100), (STAMP_MOD - 3, STAMP_MOD + 4, 7), (7, 7, 0)])
def test_the_age_of_a_token(written: int, now: int, gone: int) -> None:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    left, text = written % STAMP_MOD, ""
    for _ in range(5):
        left, digit = divmod(left, 36)
        text = digits[digit] + text
    found = STAMP.search(b'"delta":"@' + text.encode() + b'"')
    assert found is not None
    assert age(found[1], now) == gone


def test_percentiles() -> None:
    assert percentile(list(range(100)), 0.5) == 50
    assert percentile(list(range(100)), 0.99) == 99
    assert percentile([3.0], 0.99) == 3.0


def test_options() -> None:
    assert vars(read_options([])) == {"runs": 500, "servers": 1}
