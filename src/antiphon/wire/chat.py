"""Chat completions as upstreams stream them: one `ChatChunk` per SSE message.

Read leniently, because providers differ: anything may be absent or null, `arguments` may be an object,
`content` a list of parts. Source: the chat-completions API reference and recorded streams of nine models.
Not here: what a chunk means (`engine/turn.py`), provider quirks (`engine/dialects/`).

What every token makes has `gc=False`: decoded JSON holds no cycles, and the collector's walks over it
would cost a quarter of the whole decoding.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec


class FunctionDelta(msgspec.Struct, gc=False):
    """A piece of a function call: the name once, the arguments in pieces."""

    name: str | None = None
    arguments: str | dict[str, Any] | list[Any] | None = None


class ToolCallDelta(msgspec.Struct, gc=False):
    """A piece of one tool call. `index` tells parallel calls apart, where the provider sends it."""

    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: FunctionDelta | None = None


class Delta(msgspec.Struct, gc=False):
    """What one chunk adds to the assistant message. Reasoning comes under four names; the last repeats another."""

    content: str | list[Any] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    thinking: str | None = None
    reasoning_details: list[Any] | None = None
    refusal: str | None = None
    tool_calls: list[ToolCallDelta] | None = None
    function_call: FunctionDelta | None = None
    annotations: list[Any] | None = None


class TopLogprob(msgspec.Struct, gc=False):
    """One alternative at a position."""

    token: str
    logprob: float
    bytes: list[int] | None = None


class TokenLogprob(msgspec.Struct, gc=False):
    """The chosen token at a position and its alternatives."""

    token: str
    logprob: float
    bytes: list[int] | None = None
    top_logprobs: list[TopLogprob] = []


class ChoiceLogprobs(msgspec.Struct, gc=False):
    """Log probabilities of the tokens of one chunk."""

    content: list[TokenLogprob] | None = None


class PromptTokensDetails(msgspec.Struct, gc=False):
    """Where the prompt tokens came from."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class CompletionTokensDetails(msgspec.Struct, gc=False):
    """What the completion tokens were spent on."""

    reasoning_tokens: int | None = None


class ChatUsage(msgspec.Struct, gc=False):
    """Token counts of one call; the last one sent wins."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: PromptTokensDetails | None = None
    completion_tokens_details: CompletionTokensDetails | None = None
    prompt_cache_hit_tokens: int | None = None
    """DeepSeek's word for cached tokens."""


class Choice(msgspec.Struct, gc=False):
    """One of `n` answers; only index 0 is ever asked for. Who only feigns a stream has a whole `message` in it.

    Moonshot tells the `usage` here.
    """

    index: int | None = 0
    delta: Delta | None = None
    finish_reason: str | None = None
    logprobs: ChoiceLogprobs | None = None
    message: Delta | None = None
    usage: ChatUsage | None = None


class Timings(msgspec.Struct, gc=False):
    """What llama.cpp tells of its work: tokens read, taken from the cache and written."""

    prompt_n: int | None = None
    cache_n: int | None = None
    predicted_n: int | None = None


class ChatChunk(msgspec.Struct, gc=False):
    """One `chat.completion.chunk`. `error` is set when an upstream fails in the middle of a stream.

    Models that search the web list their sources in `citations` or `search_results`.
    """

    choices: list[Choice] | None = None
    usage: ChatUsage | None = None
    error: Any = None
    service_tier: str | None = None
    timings: Timings | None = None
    citations: list[Any] | None = None
    search_results: list[Any] | None = None


class Texts(msgspec.Struct, gc=False):
    """Chunks in a row that each bring a piece of text and nothing else: the pieces."""

    pieces: list[str]


Chunks = ChatChunk | Texts
"""One chunk, or several in a row."""


def text_chunk(text: str) -> ChatChunk:
    """The chunk that brings this text and nothing else."""
    return ChatChunk([Choice(0, Delta(text))])


def one_by_one(chunks: Iterable[Chunks]) -> Iterator[ChatChunk]:
    """Each chunk by itself."""
    for chunk in chunks:
        if isinstance(chunk, Texts):
            yield from map(text_chunk, chunk.pieces)
        else:
            yield chunk
