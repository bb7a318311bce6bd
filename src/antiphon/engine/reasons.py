"""Why an upstream stopped, in the API's words. Pure.

A make says it in its own word, in any case, and some put the details behind a colon. A word that isn't known here is
the end of a whole answer. Counterpart: `turn.py`, which reads them.
"""

from typing import Final

MAX_OUTPUT_TOKENS, CONTENT_FILTER = "max_output_tokens", "content_filter"

INCOMPLETE_REASONS: Final = {
    "length": MAX_OUTPUT_TOKENS,
    "max_tokens": MAX_OUTPUT_TOKENS,
    "max_output_tokens": MAX_OUTPUT_TOKENS,
    "model_length": MAX_OUTPUT_TOKENS,
    "model_context_window_exceeded": MAX_OUTPUT_TOKENS,
    "content_filter": CONTENT_FILTER,
    "content_filtered": CONTENT_FILTER,
    "guardrail_intervened": CONTENT_FILTER,
    "blocklist": CONTENT_FILTER,
    "prohibited_content": CONTENT_FILTER,
    "recitation": CONTENT_FILTER,
    "safety": CONTENT_FILTER,
    "sensitive": CONTENT_FILTER,
    "spii": CONTENT_FILTER,
}
"""Finish reasons that leave an answer incomplete. Beside OpenAI's: those of Mistral, and of gateways that pass on what
Anthropic, Bedrock, Gemini and Zhipu call it."""

BROKEN_REASONS: Final = frozenset({"error", "abort", "insufficient_system_resource", "network_error"})
"""Finish reasons with which OpenRouter, Mistral, vLLM, DeepSeek and Zhipu say that the answer broke off."""


def incomplete_reason(finish_reason: str | None) -> str | None:
    """Why the answer is incomplete; None when it is whole."""
    return INCOMPLETE_REASONS.get(_word(finish_reason))


def broke_off(finish_reason: str | None) -> bool:
    """Whether the upstream itself says that its answer broke off."""
    return _word(finish_reason) in BROKEN_REASONS


def _word(finish_reason: str | None) -> str:
    return (finish_reason or "").partition(":")[0].strip().lower()
