"""Token counts: from what a chat upstream says to what the Responses API says. Counterpart: `wire/chat.py`."""

from collections.abc import Sequence

import msgspec

from antiphon.wire.chat import ChatUsage, PromptTokensDetails, Timings
from antiphon.wire.responses import InputTokensDetails, OutputTokensDetails, Usage


def response_usage(usage: ChatUsage | None) -> Usage | None:
    """Usage of one call, in tokens; None where the upstream told nothing.

    `total_tokens` is the sum, whatever the upstream's own total says: some count thinking apart.
    """
    if usage is None:
        return None
    prompt, completion = _count(usage.prompt_tokens), _count(usage.completion_tokens)
    into, out = usage.prompt_tokens_details, usage.completion_tokens_details
    cached = into.cached_tokens if into and into.cached_tokens is not None else usage.prompt_cache_hit_tokens
    return Usage(
        input_tokens=prompt,
        input_tokens_details=InputTokensDetails(
            cached_tokens=_count(cached),
            cache_write_tokens=_count(into.cache_write_tokens) if into else 0,
        ),
        output_tokens=completion,
        output_tokens_details=OutputTokensDetails(reasoning_tokens=_count(out.reasoning_tokens) if out else 0),
        total_tokens=prompt + completion,
    )


def timed_usage(timings: Timings) -> ChatUsage:
    """The counts of llama.cpp's own statistics, for a stream that has no others."""
    cached = _count(timings.cache_n)
    return ChatUsage(
        prompt_tokens=_count(timings.prompt_n) + cached,
        completion_tokens=_count(timings.predicted_n),
        prompt_tokens_details=PromptTokensDetails(cached_tokens=cached),
    )


def later_usage(before: ChatUsage | None, now: ChatUsage) -> ChatUsage:
    """What is known after `now`: each count is the last one sent, since some servers send them one by one."""
    if before is None:
        return now
    sent = {name: value for name in ChatUsage.__struct_fields__ if (value := getattr(now, name)) is not None}
    return msgspec.structs.replace(before, **sent)


def _count(tokens: int | None) -> int:
    return max(tokens or 0, 0)


def added_usage(usages: Sequence[Usage | None]) -> Usage | None:
    """The sum over the turns of a response; None where none of them told anything."""
    known = [usage for usage in usages if usage is not None]
    if len(known) <= 1:
        return known[0] if known else None
    return Usage(
        input_tokens=sum(usage.input_tokens for usage in known),
        input_tokens_details=InputTokensDetails(
            cached_tokens=sum(usage.input_tokens_details.cached_tokens for usage in known),
            cache_write_tokens=sum(usage.input_tokens_details.cache_write_tokens for usage in known),
        ),
        output_tokens=sum(usage.output_tokens for usage in known),
        output_tokens_details=OutputTokensDetails(
            reasoning_tokens=sum(usage.output_tokens_details.reasoning_tokens for usage in known)
        ),
        total_tokens=sum(usage.total_tokens for usage in known),
    )
