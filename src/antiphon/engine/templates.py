"""Prompt templates: the body of a request with `{{name}}` in its texts, and the values that go there. Pure.

A value is text, an image or a file; one pass puts them in, so that what a value says is never read as a template. Not
here: where templates are kept (`store/`), which one a request means (`server/templates.py`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from antiphon.engine.input import read_items
from antiphon.engine.metadata import check_metadata
from antiphon.engine.parts import TEXT_TYPES
from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest
from antiphon.sources import Sources
from antiphon.wire.items import MessageView
from antiphon.wire.prompts import CreatePrompt
from antiphon.wire.responses import CreateResponse

Json = dict[str, Any]

PLACE = re.compile(r"\{\{\s*([A-Za-z_][\w.-]*)\s*\}\}")
OWN = frozenset(CreatePrompt.__struct_fields__)
REFUSED = frozenset(
    {"background", "conversation", "previous_response_id", "prompt", "store", "stream", "stream_options"}
)
"""Fields of a request that only a request can have."""
VALUE_TYPES = ("input_text", "input_image", "input_file")


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its values in: the fields of a request, and the messages that stand before its input."""

    fields: Json = field(default_factory=dict)
    messages: list[Json] = field(default_factory=list)


def read_template(body: bytes, sources: Sources) -> Json:
    """The body of a new prompt or version, checked. Raises `InvalidRequest` that names the field at fault."""
    own = read(body, CreatePrompt)
    check_metadata(own.metadata or {})
    fields = read(body, dict[str, Any])
    for name in sorted(REFUSED & {name for name, value in fields.items() if value is not None}):
        raise InvalidRequest(
            f"'{name}' belongs to a request and can't stand in a prompt. Leave it out.",
            code="invalid_value",
            param=name,
        )
    request = read(body, CreateResponse)
    if isinstance(request.input, list):
        for item in read_items(request.input, "input", sources):
            if not isinstance(item.view, MessageView):
                raise InvalidRequest(f"'{item.at}' isn't a message. A prompt holds messages.", param=item.at)
    unknown = sorted(fields.keys() - OWN - set(CreateResponse.__struct_fields__))
    if unknown:
        raise InvalidRequest(
            f"There is no field '{unknown[0]}'. A prompt has a name, metadata and the fields of a response's request.",
            code="unknown_parameter",
            param=unknown[0],
        )
    return {name: value for name, value in fields.items() if value is not None}


def variables(template: Json) -> list[str]:
    """The names of the values that a template needs, in the order in which they come."""
    return list(dict.fromkeys(name for text in _texts(template) for name in PLACE.findall(text)))


def filled(template: Json, values: Mapping[str, Any]) -> Filled:
    """The template with its values. Raises `InvalidRequest` for a value that is missing, unknown or of no type."""
    needed = variables(template)
    for name in needed:
        if name not in values:
            raise InvalidRequest(
                f"Missing prompt variable '{name}'. Give its value in 'prompt.variables'.",
                code="missing_prompt_variable",
                param=f"prompt.variables.{name}",
            )
    for name in values:
        if name not in needed:
            raise InvalidRequest(
                f"Unknown prompt variable '{name}'. The prompt has {', '.join(map(repr, needed)) or 'none'}.",
                code="unknown_prompt_variable",
                param=f"prompt.variables.{name}",
            )
    parts = {name: _value(name, value) for name, value in values.items()}
    fields = {name: value for name, value in template.items() if name not in OWN | {"input"}}
    if isinstance(template.get("instructions"), str):
        fields["instructions"] = _plain(template["instructions"], parts)
    return Filled(fields, [_message(message, parts) for message in _messages(template)])


def _messages(template: Json) -> list[Json]:
    said = template.get("input") or []
    return [{"type": "message", "role": "user", "content": said}] if isinstance(said, str) else said


def _texts(template: Json) -> Iterator[str]:
    """Every text of a template that may hold a place."""
    yield template.get("instructions") or ""
    for message in _messages(template):
        content = message["content"]
        for part in [{"type": "text", "text": content}] if isinstance(content, str) else content:
            if _is_text(part):
                yield part["text"]


def _is_text(part: Any) -> bool:  # noqa: ANN401 - whatever stands in a list of parts
    return isinstance(part, dict) and part.get("type") in TEXT_TYPES and isinstance(part.get("text"), str)


def _value(name: str, value: Any) -> Json:  # noqa: ANN401 - what a client sent
    """A value as a content part."""
    at = f"prompt.variables.{name}"
    if isinstance(value, str):
        return {"type": "input_text", "text": value}
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in VALUE_TYPES:
        raise InvalidRequest(
            f"'{at}' must be a string, or an object of type {', '.join(map(repr, VALUE_TYPES))}.",
            code="invalid_type",
            param=at,
        )
    if kind == "input_text" and not isinstance(value.get("text"), str):
        raise InvalidRequest(f"'{at}.text' must be a string.", code="invalid_type", param=f"{at}.text")
    return dict(value)


def _plain(text: str, parts: Mapping[str, Json]) -> str:
    """Text with values that are text."""

    def put(place: re.Match[str]) -> str:
        part = parts[place[1]]
        if part["type"] != "input_text":
            raise InvalidRequest(
                f"The prompt's instructions take text, and 'prompt.variables.{place[1]}' is of type '{part['type']}'.",
                code="invalid_type",
                param=f"prompt.variables.{place[1]}",
            )
        return str(part["text"])

    return PLACE.sub(put, text)


def _message(message: Json, parts: Mapping[str, Json]) -> Json:
    content = message["content"]
    if isinstance(content, str):
        pieces = _pieces({"type": "input_text", "text": content}, parts)
        only_text = all(piece["type"] == "input_text" for piece in pieces)
        return message | {"content": "".join(piece["text"] for piece in pieces) if only_text else pieces}
    whole = [piece for part in content for piece in (_pieces(part, parts) if _is_text(part) else [part])]
    return message | {"content": whole}


def _pieces(part: Json, parts: Mapping[str, Json]) -> list[Json]:
    """A text part with its values: one part, or several where a value is an image or a file."""
    pieces: list[Json] = []
    text, end = "", 0
    for place in PLACE.finditer(part["text"]):
        text += part["text"][end : place.start()]
        end, value = place.end(), parts[place[1]]
        if value["type"] == "input_text":
            text += value["text"]
            continue
        pieces += [part | {"text": text}] if text else []
        pieces.append(value)
        text = ""
    text += part["text"][end:]
    return [*pieces, part | {"text": text}] if text or not pieces else pieces


def merged(fields: Mapping[str, msgspec.Raw], template: Json) -> bytes:
    """A request's body with what its prompt says besides; the request's own fields win."""
    own = {name: value for name, value in fields.items() if bytes(value) != b"null"}
    return msgspec.json.encode({**template, **own})
