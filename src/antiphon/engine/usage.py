"""Token counts: from what a chat upstream says to what the Responses API says. Counterpart: `wire/chat.py`."""

from antiphon.wire.chat import ChatUsage
from antiphon.wire.responses import InputTokensDetails, OutputTokensDetails, Usage


def response_usage(usage: ChatUsage | None) -> Usage | None:
    """Usage of one call, in tokens; None where the upstream told nothing.

    `total_tokens` is the sum, whatever the upstream's own total says: some count thinking apart.
    """
    if usage is None:
        return None
    prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
    into, out = usage.prompt_tokens_details, usage.completion_tokens_details
    return Usage(
        input_tokens=prompt,
        input_tokens_details=InputTokensDetails(
            cached_tokens=(into.cached_tokens or 0) if into else 0,
            cache_write_tokens=(into.cache_write_tokens or 0) if into else 0,
        ),
        output_tokens=completion,
        output_tokens_details=OutputTokensDetails(reasoning_tokens=(out.reasoning_tokens or 0) if out else 0),
        total_tokens=prompt + completion,
    )
