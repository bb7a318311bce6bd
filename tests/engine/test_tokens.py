"""Estimates of tokens: above what is surely there, and near what there is."""

from typing import Any

import pytest

from antiphon.engine.tokens import TOKENS_AN_IMAGE, at_least, estimate

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "user", "content": "word " * 100}],
        [{"role": "user", "content": "漢字" * 100}],
        [{"role": "user", "content": [{"type": "text", "text": "x" * 50}, IMAGE]}],
        [{"role": "assistant", "content": None, "tool_calls": [{"function": {"arguments": "{}" * 50}}]}],
    ],
)
def test_an_estimate_is_above_what_is_sure(messages: list[dict[str, Any]]) -> None:
    assert at_least(messages) <= estimate(messages)


def test_words_are_about_a_token_each() -> None:
    assert 100 <= estimate([{"role": "user", "content": "word " * 100}]) <= 160


def test_an_image_counts_for_what_it_shows_and_not_for_its_bytes() -> None:
    tokens = estimate([{"role": "user", "content": [IMAGE]}])
    assert TOKENS_AN_IMAGE <= tokens < 2 * TOKENS_AN_IMAGE


def test_tools_count() -> None:
    tools = [{"type": "function", "function": {"name": "f", "description": "d" * 350}}]
    assert estimate([], tools) >= 100
