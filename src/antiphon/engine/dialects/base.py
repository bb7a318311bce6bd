"""What a dialect is: the quirks of one make of chat-completions server, as data.

Not here: the providers themselves (`table.py`), sockets and keys (`upstream/`).
"""

from dataclasses import dataclass
from typing import Literal

OPTIONAL_FIELDS = frozenset(
    {
        "logprobs",
        "parallel_tool_calls",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning_effort",
        "safety_identifier",
        "service_tier",
        "tool_choice",
        "user",
        "verbosity",
    }
)
"""Chat-completions request fields that not every server knows."""


FORMATS = frozenset({"json_object", "json_schema"})
"""The forms of structured output that a server may constrain its model to."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one make of server wants to be asked.

    `honours` are the optional fields it acts on; `developer_role` whether it knows that role, else it is
    sent as `system`; `system_first` whether its chat templates demand one system message at the front;
    `reasoning_fields` the members of an assistant message in which it reads its earlier thinking, `thinking_parts`
    whether it reads that as a part of the content; `calls_need_thinking` whether it refuses calls without;
    `token_limit` the name of the limit on output tokens; `formats` the forms of answer that it sees to itself;
    `counts_tokens` whether it counts the tokens of a call that isn't made yet; `names_tools` whether its tool_choice
    may name a function; `takes_files` whether it reads files other than text (PDF) by itself.
    """

    name: str
    honours: frozenset[str]
    developer_role: bool = False
    system_first: bool = False
    formats: frozenset[str] = FORMATS
    counts_tokens: bool = False
    names_tools: bool = True
    takes_files: bool = False
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    reasoning_fields: tuple[str, ...] = ()
    thinking_parts: bool = False
    calls_need_thinking: bool = False

    @property
    def reads_thinking(self) -> bool:
        """Whether earlier thinking can be given back at all."""
        return bool(self.reasoning_fields) or self.thinking_parts
