"""A stored answer told again as the chat completions it may have come from, and the request that asked for it.

The store keeps what was said, not what the wire was: where a turn ended follows from the items, all tokens are counted
in the last turn, and text comes in one piece. Pure. Not here: who asks (`cassettes/actor.py`). Counterpart: `turn.py`,
which makes items of chunks.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from antiphon.engine.input import Item
from antiphon.engine.kinds.retold import AnsweredCall
from antiphon.engine.naming import chat_name
from antiphon.wire.items import FunctionCallView
from antiphon.wire.responses import Response

Json = dict[str, Any]

NOT_SAID = frozenset({"mcp_list_tools", "compaction", "tool_search_output"})
"""Items of an answer that no model said."""

SAID = (
    "frequency_penalty", "instructions", "max_output_tokens", "max_tool_calls", "metadata", "model",
    "parallel_tool_calls", "presence_penalty", "prompt_cache_key", "prompt_cache_retention", "safety_identifier",
    "service_tier", "temperature", "tool_choice", "top_logprobs", "top_p", "truncation", "user",
)  # fmt: skip
"""Fields of a response that its request said."""

UNTOLD = (
    "temperature", "top_p", "presence_penalty", "frequency_penalty", "parallel_tool_calls", "tool_choice", "logprobs",
    "top_logprobs", "service_tier",
)  # fmt: skip
"""Members of a chat request of which a response with their default doesn't tell whether its request said so."""

FINISH = {"max_output_tokens": "length", "content_filter": "content_filter"}
"""Finish reasons by the reason why an answer is incomplete."""


def request_of(response: Json, before: Iterable[Item]) -> Json:
    """The request of a stored response, all that came before it in its input; what has its default is left out."""
    # What was asked for in vain, or not at all, is `default` in the end.
    defaults = _defaults() | {"metadata": {}, "service_tier": "default"}
    said = {name: response[name] for name in SAID if response.get(name) not in (None, defaults.get(name))}
    reasoning = {name: value for name, value in (response.get("reasoning") or {}).items() if value is not None}
    text = {name: value for name, value in (response.get("text") or {}).items() if value is not None}
    if text.get("format") == {"type": "text"}:
        del text["format"]
    tools = [{name: value for name, value in tool.items() if value is not None} for tool in response.get("tools") or ()]
    more = {"reasoning": reasoning, "text": text, "tools": tools}
    return said | {name: value for name, value in more.items() if value} | {"input": [_json(item) for item in before]}


def turns(output: Sequence[Item]) -> list[list[Item]]:
    """What a model said, a list for each time that it was asked: a call that has its answer ends a turn."""
    made: list[list[Item]] = [[]]
    answered = False
    for item in output:
        if item.type in NOT_SAID or _approved(item):
            answered = answered or item.type == "tool_search_output"
            continue
        own = isinstance(item.view, AnsweredCall)
        if answered and not own:
            made.append([])
            answered = False
        made[-1].append(item)
        answered = answered or own
    # Calls that were answered are told to the model, which had nothing more to say.
    return [*made, []] if answered else made


def chunks(items: Iterable[Item], offered: Sequence[str]) -> list[Json]:
    """What a model says in a turn; `offered` are the names of its functions."""
    deltas: list[Json] = [{"delta": {"role": "assistant", "content": ""}}]
    calls = 0
    for item in items:
        value = _json(item)
        if item.type == "reasoning":
            deltas += [{"delta": {"reasoning_content": text}} for text in _thoughts(value)]
        elif item.type == "message":
            deltas += [choice for part in value.get("content") or () for choice in _part(part)]
        elif call := _call(item, value, offered):
            deltas.append({"delta": {"tool_calls": [{"index": calls, "type": "function", **call}]}})
            calls += 1
    return [_chunk([{"index": 0, **delta}]) for delta in deltas]


def last_chunks(response: Json, *, calls: bool) -> list[Json]:
    """How the last turn ends: with a finish reason and all tokens of the answer, or with its error."""
    if response.get("status") == "failed":
        error = response.get("error") or {}
        return [{"error": {"message": error.get("message"), "code": error.get("code")}}]
    reason = (response.get("incomplete_details") or {}).get("reason")
    finish = FINISH.get(reason or "", "tool_calls" if calls else "stop")
    ending = _chunk([{"index": 0, "delta": {}, "finish_reason": finish}])
    usage = response.get("usage")
    return [ending, {**_chunk([]), "usage": _usage(usage)}] if usage else [ending]


def turn_end() -> list[Json]:
    """How a turn ends that others follow: with calls that are answered."""
    return [_chunk([{"index": 0, "delta": {}, "finish_reason": "tool_calls"}])]


def _defaults() -> Json:
    names, values = Response.__struct_fields__, Response.__struct_defaults__
    # Struct defaults stand at the end; what has none, or makes one each time, is no default of the API.
    return {name: value for name, value in zip(names[len(names) - len(values) :], values, strict=True) if _plain(value)}


def _plain(value: object) -> bool:
    return isinstance(value, str | int | float | bool)


def _chunk(choices: list[Json]) -> Json:
    return {"object": "chat.completion.chunk", "choices": choices}


def _json(item: Item) -> Json:
    value: Json = msgspec.json.decode(item.raw, type=dict[str, Any])
    return value


def _approved(item: Item) -> bool:
    """A call that the client approved is made before the model is asked."""
    return item.type == "mcp_call" and bool(_json(item).get("approval_request_id"))


def _thoughts(value: Json) -> list[str]:
    parts = value.get("content") or value.get("summary") or []
    return [part["text"] for part in parts if part.get("text")]


def _part(part: Json) -> Iterable[Json]:
    if part.get("type") == "refusal":
        yield {"delta": {"refusal": part.get("refusal")}}
        return
    logprobs = part.get("logprobs")
    yield {"delta": {"content": part.get("text")}, **({"logprobs": {"content": logprobs}} if logprobs else {})}
    for annotation in part.get("annotations") or ():
        kind = annotation.get("type", "")
        cited = {name: value for name, value in annotation.items() if name != "type"}
        yield {"delta": {"annotations": [{"type": kind, kind: cited}]}}


def _call(item: Item, value: Json, offered: Sequence[str]) -> Json | None:
    match item.view:
        case FunctionCallView(call_id=call_id, name=name, arguments=arguments, namespace=namespace):
            return {"id": call_id or item.id, "function": {"name": chat_name(name, namespace), "arguments": arguments}}
        case AnsweredCall(name, arguments):
            name = _offered_name(name, value.get("server_label"), offered)
            return {"id": item.id, "function": {"name": name, "arguments": arguments}}
    if item.type == "mcp_approval_request":
        name = _offered_name(value["name"], value.get("server_label"), offered)
        return {"id": item.id, "function": {"name": name, "arguments": value["arguments"]}}
    return None


def _offered_name(name: str, label: str | None, offered: Sequence[str]) -> str:
    """A server's tool has its label before its name where another tool has the name."""
    long = f"{label}__{name}"
    return long if long in offered else name


def _usage(usage: Json) -> Json:
    read, written = usage.get("input_tokens_details") or {}, usage.get("output_tokens_details") or {}
    return {
        "prompt_tokens": usage.get("input_tokens"),
        "completion_tokens": usage.get("output_tokens"),
        "total_tokens": usage.get("total_tokens"),
        "prompt_tokens_details": read,
        "completion_tokens_details": written,
    }
