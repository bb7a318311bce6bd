"""Streams as other makes of server build them, written for these tests from what the makers publish.

None of these is a recording. Each function names its source; what is imitated is the shape of the stream, not its words.
"""

import json
from collections.abc import Iterable
from typing import Any

from antiphon.testing import Reply, raw

Json = dict[str, Any]


def chunk(delta: Json | None = None, finish: str | None = None, **more: Any) -> Json:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": choices,
        **more,
    }


def stream(chunks: Iterable[Json | str], *, done: bool = True) -> Reply:
    """An event stream; a string is a comment."""
    lines = [f": {one}\n\n" if isinstance(one, str) else f"data: {json.dumps(one)}\n\n" for one in chunks]
    return raw([line.encode() for line in [*lines, *(["data: [DONE]\n\n"] if done else [])]])


TIMINGS = {"cache_n": 30, "prompt_n": 12, "prompt_ms": 30.9, "predicted_n": 7, "predicted_ms": 66.3}


def llamacpp(*, usage: bool = True) -> Reply:
    """llama.cpp, tools/server/README.md and server-task.cpp: the role alone with a null content, `reasoning_content`,
    a last chunk with an empty delta, and one without choices that has usage and `timings`; older ones have no usage.
    """
    last: Json = {"usage": {"prompt_tokens": 42, "completion_tokens": 7, "total_tokens": 49}} if usage else {}
    return stream([
        chunk({"role": "assistant", "content": None}),
        chunk({"reasoning_content": "Hm"}),
        chunk({"reasoning_content": "."}),
        chunk({"content": "Hel"}),
        chunk({"content": "lo."}),
        chunk({}, "stop", timings=None if usage else TIMINGS),
        *([chunk(None, timings=TIMINGS, **last)] if usage else []),
    ])  # fmt: skip


def llamacpp_call() -> Reply:
    """llama.cpp, the same source: a call's name and id in one chunk with its first arguments, then pieces without id."""
    return stream([
        chunk({"role": "assistant", "content": None}),
        chunk({"tool_calls": [{"index": 0, "id": "aX9", "type": "function", "function": {"name": "f", "arguments": "{"}}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '"a":1}'}}]}),
        chunk({}, "tool_calls"),
    ])  # fmt: skip


def lmstudio() -> Reply:
    """LM Studio, docs "OpenAI compatibility endpoints" and the API changelog (0.3.23: `reasoning` in deltas): the role in
    every delta, `logprobs` null, `system_fingerprint`, and usage in a chunk without choices.
    """
    return stream([
        chunk({"role": "assistant", "reasoning": "Hm."}, system_fingerprint="m"),
        chunk({"role": "assistant", "content": "Hello."}, system_fingerprint="m"),
        chunk({}, "stop", system_fingerprint="m"),
        chunk(None, usage={"prompt_tokens": 42, "completion_tokens": 7, "total_tokens": 49}),
    ])  # fmt: skip


def lmstudio_calls() -> Reply:
    """LM Studio, docs "Tool use": ids are numbers as text, which begin anew in every answer."""
    calls = [("365174485", '{"a":1}'), ("365174486", '{"a":2}')]
    made = [
        {"index": n, "id": i, "type": "function", "function": {"name": "f", "arguments": a}}
        for n, (i, a) in enumerate(calls)
    ]
    return stream([*(chunk({"role": "assistant", "tool_calls": [one]}) for one in made), chunk({}, "tool_calls")])


def deepseek() -> Reply:
    """DeepSeek, API reference "Create chat completion" and guide "Thinking mode": keep-alive comments while it waits, both
    fields in every delta and one of them null, usage with cache hits and misses beside the finish reason.
    """
    usage = {
        "prompt_tokens": 42,
        "completion_tokens": 7,
        "total_tokens": 49,
        "prompt_tokens_details": {"cached_tokens": 30},
        "prompt_cache_hit_tokens": 30,
        "prompt_cache_miss_tokens": 12,
        "completion_tokens_details": {"reasoning_tokens": 3},
    }
    return stream([
        "keep-alive",
        "keep-alive",
        chunk({"role": "assistant", "content": None, "reasoning_content": ""}),
        chunk({"content": None, "reasoning_content": "Hm."}),
        chunk({"content": "Hello.", "reasoning_content": None}),
        chunk({"content": "", "reasoning_content": None}, "stop", usage=usage),
    ])  # fmt: skip


def deepseek_hits_alone() -> Reply:
    """DeepSeek, the same source: earlier answers have the two counts of the cache and no details."""
    usage = {"prompt_tokens": 42, "completion_tokens": 7, "prompt_cache_hit_tokens": 30, "prompt_cache_miss_tokens": 12}
    return stream([chunk({"content": "Hello."}), chunk({}, "stop", usage=usage)])


def deepseek_breaks_off() -> Reply:
    """DeepSeek, API reference: `insufficient_system_resource` ends an answer that was interrupted."""
    return stream([chunk({"content": "Hel"}), chunk({"content": ""}, "insufficient_system_resource")])


def openrouter(*, both: bool) -> Reply:
    """OpenRouter, docs "Streaming" and "Reasoning tokens": comments while it waits, `reasoning` with the same text in
    `reasoning_details`, some of which are sealed or summaries, and usage with cost at the end.
    """

    def thinking(text: str, kind: str = "text") -> Json:
        detail = {"type": f"reasoning.{kind}", kind: text, "id": None, "format": "x", "index": 0}
        return {"role": "assistant", "content": "", "reasoning_details": [detail]} | (
            {"reasoning": text} if both else {}
        )

    sealed = {"type": "reasoning.encrypted", "data": "c2VhbGVk", "id": "r", "format": "x", "index": 1}
    usage = {"prompt_tokens": 42, "completion_tokens": 7, "total_tokens": 49, "cost": 0.0001, "is_byok": False}
    return stream([
        "OPENROUTER PROCESSING",
        chunk(thinking("Hm"), provider="P"),
        "OPENROUTER PROCESSING",
        chunk(thinking(".", "summary"), provider="P"),
        chunk({"role": "assistant", "content": "", "reasoning": None, "reasoning_details": [sealed]}),
        chunk({"role": "assistant", "content": "Hello."}),
        chunk({"role": "assistant", "content": ""}, "stop", native_finish_reason="stop"),
        chunk({"role": "assistant", "content": ""}, usage=usage),
    ])  # fmt: skip


def openrouter_breaks_off() -> Reply:
    """OpenRouter, docs "Streaming", errors in the middle: an `error` beside a choice with the finish reason `error`."""
    error = {"code": "server_error", "message": "Provider disconnected unexpectedly"}
    return stream([
        chunk({"content": "Hel"}),
        chunk({"content": ""}, "error", error=error, provider="P"),
    ], done=False)  # fmt: skip


def whole_calls() -> Reply:
    """Several servers (among them SGLang and older llama.cpp, by their issue threads): two calls whole in one chunk, without
    index or id, one with its arguments as an object.
    """
    calls = [{"function": {"name": "f", "arguments": {"a": 1}}}, {"function": {"name": "f", "arguments": '{"a":2}'}}]
    return stream([chunk({"role": "assistant", "tool_calls": calls}), chunk({}, "tool_calls")])


def repeated_ids() -> Reply:
    """The same servers: every call has the same id."""
    calls = [{"index": n, "id": "call_0", "function": {"name": "f", "arguments": f'{{"a":{n}}}'}} for n in (1, 2)]
    return stream([chunk({"tool_calls": [one]}) for one in calls] + [chunk({}, "tool_calls")])
