"""Tells from a refusal that the input was too long for the model, in the words of each make of server.

There is no common code for it; what is common is how the sentences are built. Pure. Not here: other refusals
(`refusal.py`). Source: documentation, source and issue threads of OpenAI, vLLM, SGLang, llama.cpp, LM Studio, Ollama,
TGI, Mistral, Groq, Cerebras, xAI, Fireworks, OpenRouter, DeepSeek and Databricks.
"""

import re

from antiphon.errors import ContextTooLong

CODES = frozenset({"context_length_exceeded", "exceed_context_size_error", "model_context_window_exceeded"})
READ = 2_000
"""Characters of a message that are looked at."""
HTTP_TOO_MANY = 429

_SAYS_SO = re.compile(
    r"maximum (?:context|model|prompt|input) length"
    r"|(?:context|input|prompt) (?:length|size|window)\b.{0,60}\bexceed"
    r"|exceed\w*\b.{0,60}\bcontext (?:length|size|window)"
    r"|(?:longer|greater) than the\b.{0,30}\b(?:context|model) length"
    r"|(?:prompt|input) is too long"
    r"|too large for model with"
    r"|context length of only"
    r"|input token count .{0,20}exceeds the maximum"
    r"|exceeds max context window"
    r"|inputs?` tokens \+ `max_new_tokens` must be"
    r"|reduce the length of the (?:messages|input|prompt)",
    re.IGNORECASE | re.DOTALL,
)
_NOT_THAT = re.compile(r"tokens per (?:min|day)|rate limit|quota", re.IGNORECASE)
_N = r"(?P<n>[0-9][0-9,]*)"
_WINDOW = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"maximum (?:context|model|prompt|input) length(?: is| of)?:? \(?{_N}",
        rf"context (?:size|length|window)(?: of)?(?: only)? \(?{_N} tokens",
        rf"model with {_N} maximum",
        rf"> {_N} maximum",
        rf"maximum number of tokens allowed \({_N}",
        rf"limit is {_N}",
        rf"must be <= {_N}",
        rf"context length \({_N}",
        rf"max context window of {_N}",
    )
)
_TOKENS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"requested (?:about |a total of )?{_N} tokens",
        rf"resulted in {_N} tokens",
        rf"request has {_N} input tokens",
        rf"request contains {_N} tokens",
        rf"request \({_N} tokens",
        rf"(?:prompt|input) \((?:length )?{_N}",
        rf"too long: {_N}",
        rf"contains {_N} tokens",
        rf"input token count \({_N}",
        rf"current length is {_N}",
        rf"keep the first {_N} tokens",
        rf"given: {_N} ",
    )
)


def overflow(message: str, code: str | None, kind: str | None, status: int) -> ContextTooLong | None:
    """The error for a refusal that says so; None for any other. `status` is the HTTP status it came with."""
    said = message[:READ]
    if status == HTTP_TOO_MANY or _NOT_THAT.search(said):
        return None
    if not CODES.intersection({code, kind}) and not _SAYS_SO.search(said):
        return None
    return ContextTooLong(message, tokens=_number(_TOKENS, said), window=_number(_WINDOW, said))


def _number(patterns: tuple[re.Pattern[str], ...], said: str) -> int | None:
    found = next((match for pattern in patterns if (match := pattern.search(said))), None)
    return int(found["n"].replace(",", "")) if found else None
