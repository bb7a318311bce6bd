"""The dialects by name. Each entry cites what it is read from; a wrong entry is mended here alone."""

from antiphon.engine.dialects.base import OPTIONAL_FIELDS, Dialect

_OPENAI_ONLY = frozenset(
    {"prompt_cache_key", "prompt_cache_retention", "safety_identifier", "service_tier", "user", "verbosity"}
)
_COMMON = OPTIONAL_FIELDS - _OPENAI_ONLY

DIALECTS: dict[str, Dialect] = {
    # API reference, "Create chat completion": `max_tokens` is refused by reasoning models.
    "openai": Dialect("openai", OPTIONAL_FIELDS, developer_role=True, token_limit="max_completion_tokens"),
    # docs "OpenAI compatibility": tool_choice and user are listed as not supported; templates take
    # system messages anywhere.
    "ollama": Dialect(
        "ollama", frozenset({"logprobs", "reasoning_effort", "response_format"}), reasoning_field="reasoning"
    ),
    # Chat templates of Qwen, Llama and Mistral raise on a system message that isn't the first.
    "vllm": Dialect("vllm", _COMMON, system_first=True, reasoning_field="reasoning_content"),
    # server README: tools by --jinja; same templates as above; no reasoning_effort of its own.
    "llamacpp": Dialect(
        "llamacpp", _COMMON - {"reasoning_effort"}, system_first=True, reasoning_field="reasoning_content"
    ),
    # docs "OpenAI compatibility endpoints": logprobs and parallel_tool_calls aren't listed.
    "lmstudio": Dialect(
        "lmstudio", frozenset({"response_format", "tool_choice", "reasoning_effort"}), system_first=True
    ),
    "fireworks": Dialect("fireworks", _COMMON | {"user"}),
    "together": Dialect("together", _COMMON),
    "databricks": Dialect("databricks", _COMMON - {"parallel_tool_calls"}, system_first=True),
    "cerebras": Dialect("cerebras", _COMMON | {"user"}, token_limit="max_completion_tokens"),
    "deepseek": Dialect("deepseek", _COMMON - {"parallel_tool_calls", "reasoning_effort"}),
    "openrouter": Dialect("openrouter", _COMMON | {"user"}, reasoning_field="reasoning"),
    "groq": Dialect("groq", _COMMON | {"user", "service_tier"}, token_limit="max_completion_tokens"),
    "mistral": Dialect("mistral", _COMMON - {"logprobs", "reasoning_effort"}),
    # An unknown server: sent what the chat-completions reference has, in the form most templates take.
    "generic": Dialect("generic", _COMMON | {"user"}, system_first=True),
}


def dialect(name: str) -> Dialect:
    """The dialect of that name, `generic` where there is none."""
    return DIALECTS.get(name, DIALECTS["generic"])
