"""Why an upstream stopped, in the API's words."""

import pytest

from antiphon.engine.reasons import broke_off, incomplete_reason


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("length", "max_output_tokens"),
        ("MAX_TOKENS", "max_output_tokens"),
        ("model_length", "max_output_tokens"),
        ("content_filter", "content_filter"),
        ("content_filter: RECITATION", "content_filter"),
        ("SAFETY", "content_filter"),
        ("stop", None),
        ("eos_token", None),
        ("", None),
        (None, None),
    ],
)
def test_an_upstreams_word_for_why_it_stopped(said: str | None, meant: str | None) -> None:
    assert incomplete_reason(said) == meant
    assert not broke_off(said)


@pytest.mark.parametrize("said", ["error", "abort", "ERROR: overloaded", "insufficient_system_resource"])
def test_an_answer_that_broke_off(said: str) -> None:
    assert broke_off(said)
    assert incomplete_reason(said) is None
