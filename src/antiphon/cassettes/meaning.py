"""What an answer says, whatever API it comes from: text, calls, why it ended, tokens.

Chat completions, Responses, Anthropic's messages, Gemini, Ollama's own, embeddings; streamed or whole. Pure. Not here:
how two are shown side by side (`terminal/cassette_again.py`). Counterpart: `outline.py`, the shape of an answer.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from antiphon.cassettes.canonical import NotJson, parse_json
from antiphon.cassettes.interaction import Answered
from antiphon.engine.completion import CompletionBuilder
from antiphon.errors import UpstreamGarbage
from antiphon.upstream.sse import Decoder

Json = dict[str, Any]

CALLS = frozenset({"custom_tool_call", "function_call", "mcp_call"})
"""Output items of the Responses API that are calls with a name."""


@dataclass(slots=True)
class Meaning:
    """`calls` are spelled `name(arguments)`; tokens are None where nobody counted them."""

    status: int
    text: str = ""
    calls: list[str] = field(default_factory=list)
    finish: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None
    ms: int = 0


def meaning_of(answered: Answered) -> Meaning:
    """What an answer says. One of no known form is its text."""
    said = Meaning(answered.status, ms=answered.ms)
    values = documents(answered)
    builder = CompletionBuilder()
    for value in values:
        if "chunk" in str(value.get("object")):
            builder.feed(value)
        else:
            _take(said, value)
    if completion := builder.completion:
        _take(said, completion)
    if not values:
        said.text = b"".join(chunk.data for chunk in answered.chunks).decode(errors="replace")
    return said


def documents(answered: Answered) -> list[Json]:
    """The JSON objects of a body: the one it is, or one an event or a line."""
    body = b"".join(chunk.data for chunk in answered.chunks)
    return [value for value in map(_object, _texts(body, answered.headers.get("content-type", ""))) if value]


def _texts(body: bytes, kind: str) -> Iterable[bytes]:
    if "event-stream" in kind:
        decoder = Decoder()
        try:
            return [*decoder.feed(body), *decoder.finish()]
        except UpstreamGarbage:
            return []
    return body.splitlines() if "ndjson" in kind else [body]


def _object(text: bytes) -> Json:
    try:
        value = parse_json(text)
    except NotJson:
        return {}
    return value if isinstance(value, dict) else {}


def _take(said: Meaning, value: Json) -> None:
    """Add what a document says, by the members that tell whose it is."""
    match value:
        case {"choices": [{} as choice, *_]}:
            _chat(said, choice)
        case {"object": "response"} | {"response": {"object": "response"}}:
            _response(said, value.get("response", value))
        case {"data": [{"embedding": _}, *_] as vectors}:
            said.text = f"{len(vectors)} embeddings of {_size(vectors[0]['embedding'])}"
        case {"candidates": [{} as candidate, *_]}:
            _gemini(said, candidate)
        case {"type": str(kind)} if kind.startswith(("message", "content_block")):
            _anthropic(said, value)
        case {"message": {"content": str(text)}} | {"response": str(text)}:
            said.text += text
            said.finish = value.get("done_reason") or said.finish
            said.calls += [_called(call.get("function", {})) for call in value.get("message", {}).get("tool_calls", ())]
        case {"error": error}:
            said.text = json.dumps(error, ensure_ascii=False)
        case {"content": str(text)}:
            said.text += text
    _count(said, value)


def _chat(said: Meaning, choice: Json) -> None:
    message = choice.get("message") or {}
    text = message.get("content") if message else choice.get("text")
    said.text = text if isinstance(text, str) else message.get("refusal") or ""
    said.finish = choice.get("finish_reason") or ""
    said.calls = [_called(call.get("function") or {}) for call in message.get("tool_calls") or ()]


def _response(said: Meaning, response: Json) -> None:
    items = [item for item in response.get("output") or () if isinstance(item, dict)]
    parts = [part for item in items if item.get("type") == "message" for part in item.get("content") or ()]
    said.text = "".join(part.get("text") or part.get("refusal") or "" for part in parts)
    said.calls = [_called(item) for item in items if item.get("type") in CALLS]
    said.finish = str(response.get("status") or "")
    _count(said, response)


def _gemini(said: Meaning, candidate: Json) -> None:
    for part in (candidate.get("content") or {}).get("parts") or ():
        said.text += part.get("text") or ""
        if call := part.get("functionCall"):
            said.calls.append(_called(call))
    said.finish = candidate.get("finishReason") or said.finish


def _anthropic(said: Meaning, value: Json) -> None:
    match value:
        case {"type": "message_start", "message": {} as message}:
            _count(said, message)
        case {"type": "message", "content": [*blocks]}:
            for block in blocks:
                _block(said, block)
        case {"type": "content_block_start", "content_block": {} as block}:
            _block(said, block)
        case {"type": "content_block_delta", "delta": {"text": str(text)}}:
            said.text += text
        case {"type": "content_block_delta", "delta": {"partial_json": str(text)}} if said.calls:
            # The arguments stand between the brackets.
            said.calls[-1] = f"{said.calls[-1].removesuffix('{})').removesuffix(')')}{text})"
    ending = value.get("delta") if isinstance(value.get("delta"), dict) else value
    said.finish = (ending or {}).get("stop_reason") or said.finish


def _block(said: Meaning, block: Json) -> None:
    said.text += block.get("text") or ""
    if block.get("type") == "tool_use":
        said.calls.append(_called({"name": block.get("name"), "arguments": block.get("input") or {}}))


def _called(function: Json) -> str:
    given = function.get("arguments", function.get("args", function.get("input", "")))
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return f"{function.get('name')}({text})"


def _count(said: Meaning, value: Json) -> None:
    usage = value.get("usage") or value.get("usageMetadata") or value
    if not isinstance(usage, dict):
        return
    said.tokens_in = (
        _first(usage, "prompt_tokens", "input_tokens", "promptTokenCount", "prompt_eval_count") or said.tokens_in
    )
    said.tokens_out = (
        _first(usage, "completion_tokens", "output_tokens", "candidatesTokenCount", "eval_count") or said.tokens_out
    )


def _first(usage: Json, *names: str) -> int | None:
    return next((usage[name] for name in names if isinstance(usage.get(name), int)), None)


def _size(vector: object) -> str:
    return f"{len(vector)} numbers" if isinstance(vector, list) else "base64"


def differing(one: Meaning, other: Meaning) -> Iterator[str]:
    """The names of what two answers say differently; time is none of it."""
    for name in ("status", "text", "calls", "finish", "tokens_in", "tokens_out"):
        if getattr(one, name) != getattr(other, name):
            yield name
