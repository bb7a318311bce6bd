"""Writes interactions as Llama Stack's test suite records them: one JSON file a call, with the objects of its clients.

A file that was imported comes back as it was: what the wire doesn't say is kept in `Answered.source`. Not here: files.
Counterpart: `importers/llama_stack.py`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from antiphon.cassettes.canonical import NotJson, parse_json
from antiphon.cassettes.changes import changed, difference
from antiphon.cassettes.interaction import Answered, Asked, Interaction
from antiphon.cassettes.raised import raised_by
from antiphon.cassettes.redaction import redact_body, redact_text

FORMAT = "llama-stack"
"""What `format` says in the source of an interaction that was imported."""

TYPES = {
    "chat.completion.chunk": "openai.types.chat.chat_completion_chunk.ChatCompletionChunk",
    "chat.completion": "openai.types.chat.chat_completion.ChatCompletion",
    "text_completion": "openai.types.completion.Completion",
    "model": "openai.types.model.Model",
    "/embeddings": "openai.types.create_embedding_response.CreateEmbeddingResponse",
    "/api/generate": "ollama._types.GenerateResponse",
    "/api/chat": "ollama._types.ChatResponse",
    "/api/embeddings": "ollama._types.EmbedResponse",
    "/api/embed": "ollama._types.EmbedResponse",
    "/api/ps": "ollama._types.ProcessResponse",
    "/api/tags": "ollama._types.ListResponse",
    "TOOL": "llama_stack.apis.tools.tools.ToolInvocationResult",
}
"""The classes of answers: by what they say they are (`object`), by the end of the path, or by the method."""

TOOL_METHOD = "TOOL"
"""The method of a recorded tool call, which isn't HTTP."""

Json = dict[str, Any]


class NotExportable(ValueError):
    """The format has no place for this interaction; the message says why."""


def file_name(interaction: Interaction, answered: Answered) -> str:
    """The name of its file: as it was imported, else a digest of the request, its scope and its place."""
    source = _source(answered)
    if isinstance(source.get("file"), str):
        return str(source["file"])
    place = f"{interaction.scope}\n{interaction.number}\n{interaction.take}".encode()
    return f"{hashlib.sha256(interaction.asked.key + place).hexdigest()}.json"


def recording(interaction: Interaction, answered: Answered) -> Json:
    """The recording of an interaction. Raises `NotExportable`."""
    source = _source(answered)
    made = _made(interaction.asked, answered, interaction.scope, source.get("ids", {}))
    return dict(changed(made, source.get("keep", [])))


def encode(recorded: Json) -> bytes:
    """A recording as Llama Stack lays out its files."""
    return json.dumps(recorded, indent=2).encode() + b"\n"


def source_of(name: str, raw: bytes, interaction: Interaction, answered: Answered) -> bytes:
    """What a recording in a file has beside what became of it here, as `Answered.source`; secrets are out."""
    original = json.loads(raw)
    _leave_out_secrets(original["request"], interaction.asked)
    ids = original.get("id_normalization_mapping") or {}
    made = _made(interaction.asked, answered, interaction.scope, ids)
    keep = list(difference(made, original))
    said = {"format": FORMAT, "file": name, **({"ids": ids} if ids else {}), **({"keep": keep} if keep else {})}
    return redact_body(json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def _leave_out_secrets(request: Json, asked: Asked) -> None:
    """A request without what redaction took out: that must not be kept as a difference."""
    if asked.body:
        named = "kwargs" if asked.method == TOOL_METHOD else "body"
        request["payload" if "payload" in request else named] = parse_json(asked.body)
    if request.get("headers"):
        request["headers"] = {}
    if "url" in request:
        request["url"] = redact_text(request["url"])


def _source(answered: Answered) -> Json:
    source = json.loads(answered.source) if answered.source else {}
    return source if isinstance(source, dict) and source.get("format") == FORMAT else {}


def _made(asked: Asked, answered: Answered, scope: str, ids: Mapping[str, str]) -> Json:
    """The recording as far as the wire tells of it."""
    return {
        "test_id": scope or None,
        "request": _request(asked, scope),
        "response": _response(asked, answered, ids),
        "id_normalization_mapping": dict(ids),
    }


def _request(asked: Asked, scope: str) -> Json:
    body = _parsed(asked.body or b"{}", "request")
    if asked.method == TOOL_METHOD:
        _, provider, tool = asked.path.split("/", 2)
        return {"test_id": scope or None, "provider": provider, "tool_name": tool, "kwargs": body}
    path = asked.path.partition("?")[0]
    model = body.get("model", "") if isinstance(body, dict) else ""
    # The client library that was recorded is told of GETs as POSTs too.
    return {"method": "POST", "url": asked.url, "headers": {}, "body": body, "endpoint": path, "model": model}


def _response(asked: Asked, answered: Answered, ids: Mapping[str, str]) -> Json:
    kind = answered.headers.get("content-type", "")
    raw = _without_ids(b"".join(chunk.data for chunk in answered.chunks), ids)
    if not 200 <= answered.status < 300:  # noqa: PLR2004 - success
        raised = raised_by(answered.status, raw)
        told = {"exception_data": raised, "exception_message": raised["message"]}
        return {"body": None, "is_streaming": False, "is_exception": True, **told}
    if "event-stream" in kind or "ndjson" in kind:
        events = [line.removeprefix(b"data:").strip() for line in raw.splitlines()]
        texts = [text for text in events if text.startswith(b"{")]
        return {"body": [_wrapped(asked, _parsed(text, "answer")) for text in texts], "is_streaming": True}
    value = _parsed(raw, "answer")
    if asked.path.partition("?")[0].endswith("/models") and isinstance(value, dict) and "data" in value:
        return {"body": [_wrapped(asked, each) for each in value["data"]], "is_streaming": False}
    return {"body": _wrapped(asked, value), "is_streaming": False}


def _wrapped(asked: Asked, data: Any) -> Json:  # noqa: ANN401 - JSON
    named = data.get("object") if isinstance(data, dict) else None
    path = asked.path.partition("?")[0]
    ends = [known for known in TYPES if known.startswith("/") and path.endswith(known)]
    kind = TYPES.get(named or "") or (TYPES[max(ends, key=len)] if ends else TYPES.get(asked.method, "dict"))
    return {"__type__": kind, "__data__": data}


def _parsed(raw: bytes, what: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return parse_json(raw)
    except NotJson:
        raise NotExportable(f"its {what} isn't JSON, and the format holds nothing else") from None


def _without_ids(raw: bytes, ids: Mapping[str, str]) -> bytes:
    """The real ids under their placeholders, as they were recorded."""
    for placeholder, real in ids.items():
        raw = re.sub(rb"(?<![\w-])" + re.escape(real.encode()) + rb"(?![\w-])", placeholder.encode(), raw)
    return raw
