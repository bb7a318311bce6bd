"""Content parts: from what the Responses API calls them to what chat completions calls them.

Counterpart: `wire/content.py`. Not here: which message they belong to (`prompt.py`).
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from antiphon.engine.file_text import PDF, decoded, text_of
from antiphon.engine.notes import Notes
from antiphon.engine.reading import read
from antiphon.errors import InvalidRequest
from antiphon.wire.content import InputFile, InputImage, InputRefusal, InputText
from antiphon.wire.items import PartHead

ChatPart = dict[str, Any]


class _TextPart(PartHead, kw_only=True):
    """A part that may be text."""

    text: str


_decode_text = msgspec.json.Decoder(_TextPart).decode

TEXT_TYPES = frozenset({"input_text", "output_text", "text", "summary_text", "reasoning_text"})


def chat_content(content: str | Sequence[msgspec.Raw], at: str, notes: Notes) -> str | list[ChatPart]:
    """Content in the form it came: a string stays a string, a list of parts a list, unless nothing is left of it.

    A part that no chat model takes is left out and noted. Raises `InvalidRequest` for a broken part.
    """
    if isinstance(content, str):
        return content
    parts = [_chat_part(raw, f"{at}[{index}]", notes) for index, raw in enumerate(content)]
    return [part for part in parts if part is not None] or ""


def plain_text(content: str | Sequence[msgspec.Raw], at: str, notes: Notes) -> str:
    """Content as one string, as the assistant's own words go back to a chat model; what isn't text is noted."""
    if isinstance(content, str):
        return content
    texts = []
    for index, raw in enumerate(content):
        part = _chat_part(raw, f"{at}[{index}]", notes)
        if part is not None and "text" not in part:
            notes.ignored.append(f"{at}[{index}]")
        texts.append((part or {}).get("text", ""))
    return "".join(texts)


def _chat_part(raw: msgspec.Raw, at: str, notes: Notes) -> ChatPart | None:
    try:
        # Most parts are text: one reading does for them.
        text = _decode_text(raw)
    except msgspec.MsgspecError:
        text = None
    if text is not None and text.type in TEXT_TYPES:
        return {"type": "text", "text": text.text}
    kind = read(raw, PartHead, at).type
    if kind in TEXT_TYPES:
        return {"type": "text", "text": read(raw, InputText, at).text}
    if kind == "refusal":
        return {"type": "text", "text": read(raw, InputRefusal, at).refusal}
    if kind == "input_image":
        return _image(read(raw, InputImage, at), at)
    if kind == "input_file":
        return _file(read(raw, InputFile, at), at)
    if kind is None:
        raise InvalidRequest(
            f"Missing required parameter: '{at}.type'.", code="missing_required_parameter", param=f"{at}.type"
        )
    notes.ignored.append(at)
    return None


def _image(image: InputImage, at: str) -> ChatPart:
    if not image.image_url:
        raise InvalidRequest(
            f"'{at}' has neither image_url nor file_id. Give a URL, a data URL, or the id of a file.",
            param=f"{at}.image_url",
        )
    detail = {"detail": image.detail} if image.detail else {}
    return {"type": "image_url", "image_url": {"url": image.image_url, **detail}}


def _file(file: InputFile, at: str) -> ChatPart:
    """Text as text. A document is only left as one where the model's server reads it (`attached.py`)."""
    if not file.file_data:
        raise InvalidRequest(
            f"'{at}' has no file. Give its content as base64 (file_data), its id (file_id) or its address (file_url).",
            param=f"{at}.file_data",
        )
    try:
        text, start = text_of(file.file_data), decoded(file.file_data)[: len(PDF)]
    except ValueError:
        text, start = None, b""
    if text is None and start != PDF:
        raise InvalidRequest(
            f"'{at}.file_data' isn't base64 of text or of a document.",
            code="unsupported_file",
            param=f"{at}.file_data",
        )
    if text is None:
        named = {"filename": file.filename} if file.filename else {}
        return {"type": "file", "file": {"file_data": file.file_data, **named}}
    return {"type": "text", "text": f"{file.filename}:\n{text}" if file.filename else text}
