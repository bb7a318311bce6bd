"""The dialects by name. Each entry cites what it is read from; a wrong entry is mended here alone."""

from antiphon.engine.dialects.base import OPTIONAL_FIELDS, Dialect

_OPENAI_ONLY = frozenset(
    {"prompt_cache_key", "prompt_cache_retention", "safety_identifier", "service_tier", "user", "verbosity"}
)
_COMMON = OPTIONAL_FIELDS - _OPENAI_ONLY
_BOTH = ("reasoning", "reasoning_content")
"""vLLM called it `reasoning_content` before 0.12 and `reasoning` since; a field that isn't known is left unread."""

DIALECTS: dict[str, Dialect] = {
    # API reference, "Create chat completion": `max_tokens` is refused by reasoning models.
    # The same, "File inputs": parts of type `file`.
    "openai": Dialect(
        "openai", OPTIONAL_FIELDS, developer_role=True, token_limit="max_completion_tokens", takes_files=True
    ),
    # docs "OpenAI compatibility": tool_choice and user are listed as not supported; templates take
    # system messages anywhere.
    "ollama": Dialect("ollama", frozenset({"logprobs", "reasoning_effort"}), reasoning_fields=("reasoning",)),
    # Chat templates of Qwen, Llama and Mistral raise on a system message that isn't the first.
    "vllm": Dialect("vllm", _COMMON, system_first=True, counts_tokens=True, reasoning_fields=_BOTH),
    # server README: tools by --jinja; same templates as above; no reasoning_effort of its own; pull request 16934:
    # reasoning_content is taken back.
    "llamacpp": Dialect(
        "llamacpp",
        _COMMON - {"reasoning_effort"},
        system_first=True,
        counts_tokens=True,
        reasoning_fields=("reasoning_content",),
    ),
    # docs "OpenAI compatibility endpoints": logprobs and parallel_tool_calls aren't listed. Issue threads of its users:
    # `json_object` and a tool_choice that is an object are refused.
    "lmstudio": Dialect(
        "lmstudio",
        frozenset({"tool_choice", "reasoning_effort"}),
        system_first=True,
        formats=frozenset({"json_schema"}),
        names_tools=False,
    ),
    # docs "Reasoning": reasoning_content, given back in the same field.
    "fireworks": Dialect("fireworks", _COMMON | {"user"}, reasoning_fields=("reasoning_content",)),
    "together": Dialect("together", _COMMON),
    "databricks": Dialect("databricks", _COMMON - {"parallel_tool_calls"}, system_first=True),
    # The API takes `reasoning` in assistant messages and refuses `reasoning_content` (vercel/ai, pull request 15425).
    "cerebras": Dialect(
        "cerebras", _COMMON | {"user"}, token_limit="max_completion_tokens", reasoning_fields=("reasoning",)
    ),
    # docs "Thinking mode": with tool calls reasoning_content must be given back, else it is a 400. docs "JSON Output":
    # objects alone; a schema is refused as a type that is unavailable.
    "deepseek": Dialect(
        "deepseek",
        _COMMON - {"parallel_tool_calls", "reasoning_effort"},
        reasoning_fields=("reasoning_content",),
        calls_need_thinking=True,
        formats=frozenset({"json_object"}),
    ),
    # docs "PDF inputs": parts of type `file`, for any model.
    "openrouter": Dialect("openrouter", _COMMON | {"user"}, reasoning_fields=("reasoning",), takes_files=True),
    # API reference: assistant messages have `reasoning`.
    "groq": Dialect(
        "groq",
        _COMMON | {"user", "service_tier"},
        token_limit="max_completion_tokens",
        reasoning_fields=("reasoning",),
    ),
    # API reference: content parts of type `thinking`; unknown fields are refused.
    "mistral": Dialect("mistral", _COMMON - {"logprobs", "reasoning_effort"}, thinking_parts=True),
    # An unknown server: sent what the chat-completions reference has, in the form most templates take. What such a
    # server thought is given back under both names: only one that thinks gets any, and most that do are a vLLM.
    "generic": Dialect("generic", _COMMON | {"user"}, system_first=True, reasoning_fields=_BOTH),
}


def dialect(name: str) -> Dialect:
    """The dialect of that name, `generic` where there is none."""
    return DIALECTS.get(name, DIALECTS["generic"])
