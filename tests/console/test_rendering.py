"""The words that templates use."""

import pytest

from antiphon.console.rendering import RAW, count, duration, pretty, short, short_raw, when

DASH = "\N{EN DASH}"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, DASH), (0, "< 1 s"), (0.0874, "87 ms"), (3.21, "3.2 s"), (42.4, "42 s"), (245, "4 min 5 s"), (7380, "2 h 3 min")],
)  # fmt: skip
def test_durations(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(None, DASH), (0, "0"), (950, "950"), (1.25, "1.2"), (12_400, "12.4k"), (3_100_000, "3.1M")]
)
def test_numbers(number: float | None, shown: str) -> None:
    assert count(number) == shown


def test_moments_are_in_utc_until_a_browser_says_otherwise() -> None:
    assert (
        when(0)
        == '<time datetime="1970-01-01T00:00:00+00:00" title="1970-01-01 00:00:00 UTC">1970-01-01 00:00:00</time>'
    )
    assert when(None) == DASH


def test_json_and_lines() -> None:
    assert pretty(b'{"a":1}') == pretty('{"a":1}') == pretty({"a": 1}) == '{\n  "a": 1\n}'
    assert pretty("no json") == "no json"
    assert pretty("[" * 100_000) == "[" * 100_000
    assert short("a\n b" + "c" * 100, 10) == "a bcccccc…"
    assert short("ab") == "ab"
    assert short_raw("x" * (RAW + 5)).endswith("5 more characters")
    assert short_raw("x") == "x"
