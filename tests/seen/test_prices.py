from antiphon.seen.prices import Price, Prices
from antiphon.wire.responses import InputTokensDetails, OutputTokensDetails, Usage

PRICES = Prices({"openai/gpt-5*": Price(input=2.0, cached=0.5, output=10.0), "openai/*": Price(input=1.0)})


def usage(given: int, cached: int = 0, out: int = 0) -> Usage:
    return Usage(
        input_tokens=given,
        input_tokens_details=InputTokensDetails(cached_tokens=cached, cache_write_tokens=0),
        output_tokens=out,
        output_tokens_details=OutputTokensDetails(reasoning_tokens=0),
        total_tokens=given + out,
    )


def test_tokens_cost_what_the_first_pattern_says_in_millionths() -> None:
    assert PRICES.cost("openai/gpt-5-mini", usage(1_000_000, 400_000, 100_000)) == 1_200_000 + 200_000 + 1_000_000
    assert PRICES.cost("openai/other", usage(3, 2, 5)) == 3


def test_what_has_no_price_or_no_usage_costs_nothing() -> None:
    assert PRICES.cost("ollama/m", usage(5)) == 0
    assert PRICES.cost("openai/gpt-5", None) == 0


def test_more_cached_than_given_is_taken_as_all() -> None:
    assert PRICES.cost("openai/gpt-5", usage(10, 99)) == 5
