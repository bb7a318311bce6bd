"""What is said of a model, by patterns over its full id."""

import pytest

from antiphon.engine.traits import Traits, traits_of

TOLD = {
    "o/qwen*": Traits(context=8192, text_tool_calls="hermes"),
    "o/*": Traits(context=2048, structured_output="prompt"),
}


@pytest.mark.parametrize(
    ("model", "traits"),
    [
        ("o/qwen3:4b", Traits(context=8192, text_tool_calls="hermes", structured_output="prompt")),
        ("o/llama", Traits(context=2048, structured_output="prompt")),
        ("p/qwen3", Traits()),
    ],
)
def test_of_each_trait_the_first_pattern_counts(model: str, traits: Traits) -> None:
    assert traits_of(model, TOLD) == traits
