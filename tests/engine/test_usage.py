from antiphon.engine.usage import later_usage, response_usage
from antiphon.wire.chat import ChatUsage, CompletionTokensDetails, PromptTokensDetails
from antiphon.wire.responses import InputTokensDetails, OutputTokensDetails, Usage


def test_no_usage_is_none() -> None:
    assert response_usage(None) is None


def test_every_count_has_its_place() -> None:
    into = PromptTokensDetails(cached_tokens=3, cache_write_tokens=4)
    said = ChatUsage(10, 5, 99, into, CompletionTokensDetails(reasoning_tokens=2))
    assert response_usage(said) == Usage(
        input_tokens=10,
        input_tokens_details=InputTokensDetails(cached_tokens=3, cache_write_tokens=4),
        output_tokens=5,
        output_tokens_details=OutputTokensDetails(reasoning_tokens=2),
        total_tokens=15,
    )


def test_what_is_missing_or_impossible_is_zero() -> None:
    nothing = response_usage(ChatUsage())
    assert nothing == Usage()
    odd = ChatUsage(-1, -2, -3, PromptTokensDetails(cached_tokens=-1), CompletionTokensDetails())
    assert response_usage(odd) == nothing


def test_the_last_of_each_count_wins() -> None:
    first = ChatUsage(prompt_tokens=10, completion_tokens=1, prompt_tokens_details=PromptTokensDetails(3))
    last = ChatUsage(completion_tokens=7)
    assert later_usage(None, first) is first
    both = later_usage(first, last)
    assert (both.prompt_tokens, both.completion_tokens) == (10, 7)
    assert both.prompt_tokens_details == PromptTokensDetails(3)
    assert first.completion_tokens == 1
