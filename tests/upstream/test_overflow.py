"""How servers say that the input was too long. The sentences are built as each make builds them."""

import pytest

from antiphon.upstream.overflow import overflow

SPELLINGS = [
    # vLLM, DeepSeek, OpenAI: one sentence in three variants.
    (("This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, "
     "1000 in the completion)."), 5000, 4096),
    ("This model's maximum context length is 8,192 tokens. However, your messages resulted in 9,001 tokens.", 9001, 8192),
    (("'max_tokens' or 'max_completion_tokens' is too large: 2000. This model's maximum context length is 4096 tokens "
     "and your request has 2104 input tokens (2000 > 4096 - 2104)."), 2104, 4096),
    ("The decoder prompt (length 5000) is longer than the maximum model length of 4096.", 5000, 4096),
    ("Your input exceeds the context window of this model. Please adjust your input and try again.", None, None),
    # OpenRouter.
    (("This endpoint's maximum context length is 131072 tokens. However, you requested about 132463 tokens (1463 of text "
     "input, 131000 in the output)."), 132463, 131072),
    # llama.cpp, old and new, and in the middle of a stream.
    ("the request exceeds the available context size, try increasing it", None, None),
    ("request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it", 5000, 4096),
    ("Context size has been exceeded.", None, None),
    # LM Studio.
    (("Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length "
     "of only 4096 tokens, which is not enough."), 9000, 4096),
    # SGLang.
    ("The input (5000 tokens) is longer than the model's context length (4096 tokens).", 5000, 4096),
    (("Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 5000 "
     "tokens."), 5000, 4096),
    # Mistral, Groq, Cerebras, xAI, Fireworks, Gemini's and Anthropic's chat endpoints, TGI.
    ("Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length", 40000, 32768),
    ("Please reduce the length of the messages or completion.", None, None),
    ("Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192", 9000, 8192),
    ("This model's maximum prompt length is 131072 but the request contains 537812 tokens.", 537812, 131072),
    ("The prompt is too long: 140000, model maximum context length: 131071", 140000, 131071),
    ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1200000, 1048576),
    ("prompt is too long: 215000 tokens > 200000 maximum", 215000, 200000),
    ("Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens", 9000, 8193),
]  # fmt: skip


@pytest.mark.parametrize(("message", "tokens", "window"), SPELLINGS)
def test_each_spelling_is_understood(message: str, tokens: int | None, window: int | None) -> None:
    error = overflow(message, None, None, 400)
    assert error is not None
    assert (error.tokens, error.window) == (tokens, window)
    assert (error.http_status, error.code, error.param) == (400, "context_length_exceeded", "input")
    assert error.message == message


@pytest.mark.parametrize(("code", "kind"), [("context_length_exceeded", None), ("400", "exceed_context_size_error")])
def test_a_code_that_says_so_is_enough(code: str, kind: str | None) -> None:
    assert overflow("No.", code, kind, 413) is not None


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("Rate limit reached for model m: Limit 6000 tokens per minute, reduce the length of the messages.", 413),
        ("Please reduce the length of the messages.", 429),
        ("max_tokens must be at least 1, got -1.", 400),
        ("Invalid value for 'temperature'.", 400),
        ("The model is overloaded.", 503),
    ],
)
def test_other_refusals_are_none(message: str, status: int) -> None:
    assert overflow(message, None, None, status) is None
