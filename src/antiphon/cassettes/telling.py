"""What an interaction says, for a person: its request in a line, its answer put together from its chunks.

Pure. Not here: columns and colours (`terminal/cassette.py`).
"""

import json
from typing import Any

from antiphon.cassettes.canonical import NotJson, parse_json
from antiphon.cassettes.interaction import Answered, Interaction
from antiphon.engine.completion import CompletionBuilder
from antiphon.errors import UpstreamGarbage
from antiphon.upstream.sse import Decoder


def answer_text(answered: Answered) -> str:
    """The answer as a whole: the text and calls of a completion, else JSON, else text, else its size."""
    body = b"".join(chunk.data for chunk in answered.chunks)
    if "event-stream" in answered.headers.get("content-type", ""):
        return _streamed(body)
    try:
        return _whole(parse_json(body)) if body else ""
    except NotJson:
        pass
    try:
        return body.decode()
    except UnicodeDecodeError:
        return f"{len(body)} bytes"


def request_line(interaction: Interaction) -> str:
    """Method and path, the model, and how the last turn begins."""
    asked = interaction.asked
    try:
        body: Any = parse_json(asked.body) if asked.body else {}
    except NotJson:
        body = {}
    body = body if isinstance(body, dict) else {}
    turns = body.get("messages", body.get("input", body.get("prompt", "")))
    last = turns[-1] if isinstance(turns, list) and turns else turns
    said = last.get("content") if isinstance(last, dict) else last
    words = [
        asked.method,
        asked.path,
        str(body.get("model") or ""),
        "" if not said else json.dumps(said, ensure_ascii=False),
    ]
    return " ".join(filter(None, words))


def _streamed(body: bytes) -> str:
    builder, decoder = CompletionBuilder(), Decoder()
    texts: list[str] = []
    try:
        for data in [*decoder.feed(body), *decoder.finish()]:
            event = _event(data)
            builder.feed(event)
            texts.append(_delta(event))
    except UpstreamGarbage as fault:
        return fault.message
    completion = builder.completion
    return _whole(completion) if completion else "".join(texts)


def _event(data: bytes) -> dict[str, Any]:
    try:
        event = parse_json(data)
    except NotJson:
        return {}
    return event if isinstance(event, dict) else {}


def _delta(event: dict[str, Any]) -> str:
    """What an event of Responses or of Anthropic's messages adds to the text."""
    delta = event.get("delta")
    if isinstance(delta, dict):
        delta = delta.get("text", delta.get("partial_json"))
    return delta if isinstance(delta, str) else ""


def _whole(value: Any) -> str:  # noqa: ANN401 - JSON of every kind
    choices = value.get("choices") if isinstance(value, dict) else None
    if not choices or not isinstance(choices[0], dict) or not isinstance(choices[0].get("message"), dict):
        return json.dumps(value, ensure_ascii=False)
    message = choices[0]["message"]
    calls = [_call(call) for call in message.get("tool_calls") or ()]
    texts = [message.get(name) for name in ("reasoning_content", "reasoning", "content", "refusal")]
    return "\n".join([*(text for text in texts if isinstance(text, str) and text), *calls])


def _call(call: Any) -> str:  # noqa: ANN401 - JSON of every kind
    match call:
        case {"function": {"name": str(name), "arguments": str(arguments)}}:
            return f"{name}({arguments})"
        case _:
            return json.dumps(call, ensure_ascii=False)
